import { ageMs, type Collector } from './collector.js';

/** One table: how large it is, how it is used, when it was cared for. */
export interface TableFacts {
  readonly schema: string;
  readonly table: string;
  /** Approximate, from the planner's page counts: exact sizes would wait for whoever holds a table. */
  readonly sizeBytes: number;
  readonly indexBytes: number;
  readonly liveRows: number;
  readonly deadRows: number;
  readonly seqScans: number;
  /** Rows that were read by whole scans. */
  readonly seqRows: number;
  readonly indexScans: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly changedSinceAnalyze: number;
  readonly sinceVacuumMs: number | null;
  readonly sinceAnalyzeMs: number | null;
}

/** The largest tables of the connected database. Counters are asked for these alone, whatever else there is. */
export const tables: Collector<readonly TableFacts[]> = {
  tier: 'deep',
  collect: (sql) => sql<TableFacts[]>`
    with largest as (
      select c.oid, n.nspname, c.relname, c.relpages::float8 as pages,
             coalesce((select t.relpages from pg_catalog.pg_class t where t.oid = c.reltoastrelid), 0) as toast_pages,
             coalesce((select sum(x.relpages) from pg_catalog.pg_index i
                         join pg_catalog.pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid), 0)::float8 as index_pages
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'm') and c.relpersistence <> 't'
         and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
       order by c.relpages desc, n.nspname, c.relname
       limit 200
    )
    select l.nspname::text as schema,
           l.relname::text as table,
           (l.pages + l.toast_pages) * current_setting('block_size')::int as "sizeBytes",
           l.index_pages * current_setting('block_size')::int as "indexBytes",
           pg_catalog.pg_stat_get_live_tuples(l.oid)::float8 as "liveRows",
           pg_catalog.pg_stat_get_dead_tuples(l.oid)::float8 as "deadRows",
           pg_catalog.pg_stat_get_numscans(l.oid)::float8 as "seqScans",
           pg_catalog.pg_stat_get_tuples_returned(l.oid)::float8 as "seqRows",
           coalesce((select sum(pg_catalog.pg_stat_get_numscans(i.indexrelid))
                       from pg_catalog.pg_index i where i.indrelid = l.oid), 0)::float8 as "indexScans",
           pg_catalog.pg_stat_get_tuples_inserted(l.oid)::float8 as inserted,
           pg_catalog.pg_stat_get_tuples_updated(l.oid)::float8 as updated,
           pg_catalog.pg_stat_get_tuples_deleted(l.oid)::float8 as deleted,
           pg_catalog.pg_stat_get_mod_since_analyze(l.oid)::float8 as "changedSinceAnalyze",
           ${ageMs(sql, sql`greatest(pg_catalog.pg_stat_get_last_vacuum_time(l.oid), pg_catalog.pg_stat_get_last_autovacuum_time(l.oid))`)}
             as "sinceVacuumMs",
           ${ageMs(sql, sql`greatest(pg_catalog.pg_stat_get_last_analyze_time(l.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(l.oid))`)}
             as "sinceAnalyzeMs"
      from largest l`,
};
