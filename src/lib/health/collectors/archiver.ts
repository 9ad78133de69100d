import { ageMs, onlyRow, type Collector } from './collector.js';

/** How much WAL there was, and what became of the last files to archive. */
export interface ArchiverFacts {
  readonly enabled: boolean;
  readonly lastArchivedAt: Date | null;
  readonly lastFailedAt: Date | null;
  readonly lastFailedWal: string | null;
  readonly failedCount: number;
  /** When the last file was archived, or counting began. */
  readonly withoutSuccessMs: number;
  /** WAL written since the cluster began; on a standby what was replayed. */
  readonly walBytes: number;
}

/** The WAL archiver. */
export const archiver: Collector<ArchiverFacts> = {
  tier: 'fast',
  collect: async (sql) =>
    onlyRow(
      await sql<ArchiverFacts[]>`
        select current_setting('archive_mode') <> 'off' as enabled,
               a.last_archived_time as "lastArchivedAt",
               a.last_failed_time as "lastFailedAt",
               a.last_failed_wal as "lastFailedWal",
               a.failed_count::float8 as "failedCount",
               ${ageMs(sql, sql`coalesce(a.last_archived_time, a.stats_reset)`)} as "withoutSuccessMs",
               pg_catalog.pg_wal_lsn_diff(
                 case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                      else pg_catalog.pg_current_wal_lsn() end, '0/0')::float8 as "walBytes"
          from pg_catalog.pg_stat_archiver a`,
    ),
};

/** A transaction that was prepared for two-phase commit and waits for its second phase. */
export interface PreparedTransaction {
  readonly gid: string;
  readonly owner: string;
  readonly database: string;
  readonly ageMs: number;
  readonly xidAge: number;
}

/** Prepared transactions of every database. */
export const prepared: Collector<readonly PreparedTransaction[]> = {
  tier: 'fast',
  collect: (sql) => sql<PreparedTransaction[]>`
    select p.gid,
           p.owner::text as owner,
           p.database::text as database,
           ${ageMs(sql, sql`p.prepared`)} as "ageMs",
           age(p.transaction)::float8 as "xidAge"
      from pg_catalog.pg_prepared_xacts p
     order by p.prepared
     limit 100`,
};
