import { ageMs, type Collector } from './collector.js';

/** A table whose statistics no longer say much of its rows. */
export interface OldStatistics {
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  readonly changed: number;
  /** Null when it was never analyzed. */
  readonly sinceAnalyzeMs: number | null;
}

/** Smaller tables are planned well enough without. */
const FEWEST_ROWS = 10_000;

/** Tables of which more than half has changed since they were analyzed, or that never were. */
export const oldStatistics: Collector<readonly OldStatistics[]> = {
  tier: 'slow',
  absent: ({ inRecovery }) => (inRecovery ? 'the primary analyzes, also for its standbys' : undefined),
  collect: (sql) => sql<OldStatistics[]>`
    select n.nspname::text as schema,
           c.relname::text as table,
           s.n_live_tup::float8 as rows,
           s.n_mod_since_analyze::float8 as changed,
           ${ageMs(sql, sql`greatest(s.last_analyze, s.last_autoanalyze)`)} as "sinceAnalyzeMs"
      from pg_catalog.pg_stat_all_tables s
      join pg_catalog.pg_class c on c.oid = s.relid and c.relkind in ('r', 'm') and c.relpersistence <> 't'
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
       and s.n_live_tup >= ${FEWEST_ROWS}
       and (c.reltuples < 0 or s.n_mod_since_analyze > 0.5 * greatest(c.reltuples, 1))
     order by s.n_mod_since_analyze desc
     limit 20`,
};
