import type { Collector } from './collector.js';

/** One database's counters since `statsSince`, and how old its oldest transaction ids are. */
export interface DatabaseFacts {
  readonly name: string;
  readonly connected: boolean;
  readonly commits: number;
  readonly rollbacks: number;
  readonly blocksRead: number;
  readonly blocksHit: number;
  readonly deadlocks: number;
  readonly tempBytes: number;
  readonly checksumFailures: number | null;
  readonly statsSince: Date | null;
  readonly xidAge: number;
  readonly mxidAge: number;
  /** Collation version recorded and provided now; null before 15 or where the provider has none. */
  readonly collationRecorded: string | null;
  readonly collationActual: string | null;
}

/** Every database of the server, templates included: wraparound does not spare them. */
export const databases: Collector<readonly DatabaseFacts[]> = {
  tier: 'fast',
  collect: (sql, { versionNum }) => {
    const collation =
      versionNum >= 150_000
        ? sql`d.datcollversion as "collationRecorded",
              pg_catalog.pg_database_collation_actual_version(d.oid) as "collationActual"`
        : sql`null::text as "collationRecorded", null::text as "collationActual"`;
    return sql<DatabaseFacts[]>`
      select d.datname::text as name,
             d.datname = current_database() as connected,
             coalesce(s.xact_commit, 0)::float8 as commits,
             coalesce(s.xact_rollback, 0)::float8 as rollbacks,
             coalesce(s.blks_read, 0)::float8 as "blocksRead",
             coalesce(s.blks_hit, 0)::float8 as "blocksHit",
             coalesce(s.deadlocks, 0)::float8 as deadlocks,
             coalesce(s.temp_bytes, 0)::float8 as "tempBytes",
             s.checksum_failures::float8 as "checksumFailures",
             s.stats_reset as "statsSince",
             age(d.datfrozenxid)::float8 as "xidAge",
             mxid_age(d.datminmxid)::float8 as "mxidAge",
             ${collation}
        from pg_catalog.pg_database d
        left join pg_catalog.pg_stat_database s on s.datid = d.oid
       order by d.datname`;
  },
};
