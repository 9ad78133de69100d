import { ageMs, onlyRow, type Collector } from './collector.js';

/** A standby or subscriber that is connected to this server. Lags are null when hidden or nothing is behind. */
export interface ReplicaFacts {
  readonly pid: number;
  readonly applicationName: string | null;
  readonly client: string | null;
  readonly state: string | null;
  readonly replayLagBytes: number | null;
  readonly replayLagMs: number | null;
}

/** What receives WAL from this server. */
export const replicas: Collector<readonly ReplicaFacts[]> = {
  tier: 'fast',
  collect: (sql) => sql<ReplicaFacts[]>`
    select r.pid,
           r.application_name as "applicationName",
           host(r.client_addr) as client,
           r.state,
           pg_catalog.pg_wal_lsn_diff(
             case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                  else pg_catalog.pg_current_wal_lsn() end, r.replay_lsn)::float8 as "replayLagBytes",
           (extract(epoch from r.replay_lag) * 1000)::float8 as "replayLagMs"
      from pg_catalog.pg_stat_replication r`,
};

/** How far this standby is behind what it has received. */
export interface StandbyFacts {
  readonly receiveLsn: string | null;
  readonly replayLsn: string | null;
  /** Null when all that was received has been replayed: an idle primary is not lag. */
  readonly replayLagMs: number | null;
  readonly replayLagBytes: number | null;
  readonly paused: boolean;
}

/** The state of recovery. */
export const standby: Collector<StandbyFacts> = {
  tier: 'fast',
  absent: ({ inRecovery }) => (inRecovery ? undefined : 'this server is a primary'),
  collect: async (sql) =>
    onlyRow(
      await sql<StandbyFacts[]>`
      select pg_catalog.pg_last_wal_receive_lsn()::text as "receiveLsn",
             pg_catalog.pg_last_wal_replay_lsn()::text as "replayLsn",
             case when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() then null
                  else ${ageMs(sql, sql`pg_catalog.pg_last_xact_replay_timestamp()`)}
             end as "replayLagMs",
             pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(),
                                        pg_catalog.pg_last_wal_replay_lsn())::float8 as "replayLagBytes",
             pg_catalog.pg_is_wal_replay_paused() as paused`,
    ),
};

/** A replication slot and the WAL it makes the server keep. */
export interface SlotFacts {
  readonly name: string;
  readonly type: string;
  readonly active: boolean;
  /** Bytes of WAL kept for it; null when it reserves none. */
  readonly retainedBytes: number | null;
  readonly walStatus: string | null;
  readonly safeBytes: number | null;
  /** Since when nobody reads it; null before 17. */
  readonly inactiveMs: number | null;
  readonly xminAge: number | null;
}

/** Every replication slot. */
export const slots: Collector<readonly SlotFacts[]> = {
  tier: 'fast',
  collect: (sql, { versionNum }) => {
    const inactive = versionNum >= 170_000 ? ageMs(sql, sql`s.inactive_since`) : sql`null::float8`;
    return sql<SlotFacts[]>`
      select s.slot_name::text as name,
             s.slot_type as type,
             s.active,
             pg_catalog.pg_wal_lsn_diff(
               case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                    else pg_catalog.pg_current_wal_lsn() end, s.restart_lsn)::float8 as "retainedBytes",
             s.wal_status as "walStatus",
             s.safe_wal_size::float8 as "safeBytes",
             ${inactive} as "inactiveMs",
             greatest(age(s.xmin), age(s.catalog_xmin))::float8 as "xminAge"
        from pg_catalog.pg_replication_slots s
       where not s.temporary
       order by s.slot_name`;
  },
};
