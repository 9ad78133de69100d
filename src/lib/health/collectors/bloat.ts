import type { Collector } from './collector.js';

/** A large table and how many bytes its rows would need if they were packed; an estimate from the planner's statistics. */
export interface BloatEstimate {
  readonly schema: string;
  readonly table: string;
  readonly sizeBytes: number;
  /** Null when `reason` says why it cannot be told. */
  readonly neededBytes: number | null;
  /** `hidden`: the role may not read the statistics; `stale`: they are missing or too old. */
  readonly reason: 'hidden' | 'stale' | null;
}

/** A smaller table is not worth a look, whatever its share of empty space. */
export const LARGE_TABLE_BYTES = 100 * 1024 ** 2;

/**
 * The largest tables of the connected database. Only they are looked at, so that it costs nothing where there are
 * thousands of small ones. Statistics a role may not read, or that most rows have outlived, would give a wrong number,
 * so then there is none.
 */
export const bloat: Collector<readonly BloatEstimate[]> = {
  tier: 'slow',
  absent: ({ inRecovery }) =>
    inRecovery ? 'a standby cannot tell how old statistics are; ask the primary' : undefined,
  collect: (sql) => sql<BloatEstimate[]>`
    with large as (
      select c.oid, n.nspname, c.relname, c.relpages::float8 as pages, c.reltuples::float8 as rows,
             current_setting('block_size')::float8 as block,
             coalesce((select o.option_value::float8 from pg_catalog.pg_options_to_table(c.reloptions) o
                        where o.option_name = 'fillfactor'), 100) / 100 as fill,
             c.reltuples < 0
               or pg_catalog.pg_stat_get_mod_since_analyze(c.oid) > 0.1 * greatest(c.reltuples, 1) as is_stale
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'm') and c.relpersistence <> 't'
         and c.relpages::float8 * current_setting('block_size')::float8 >= ${LARGE_TABLE_BYTES}
         and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
       order by c.relpages desc
       limit 50
    ), measured as (
      select l.*, w.columns, w.known,
             -- Header of 23 bytes and a bit for each column that may be null, the columns, all aligned to 8; a line pointer.
             ceil((23 + case when w.has_nulls then ceil(w.columns / 8.0) else 0 end) / 8) * 8
               + ceil(w.width / 8) * 8 + 4 as row_bytes
        from large l
        cross join lateral (
          select count(*)::float8 as columns, count(s.attname)::float8 as known,
                 coalesce(sum((1 - s.null_frac) * s.avg_width), 0)::float8 as width,
                 coalesce(bool_or(s.null_frac > 0), false) as has_nulls
            from pg_catalog.pg_attribute a
            left join pg_catalog.pg_stats s
              on s.schemaname = l.nspname and s.tablename = l.relname and s.attname = a.attname and not s.inherited
           where a.attrelid = l.oid and a.attnum > 0 and not a.attisdropped) w
    )
    select nspname::text as schema,
           relname::text as table,
           pages * block as "sizeBytes",
           case when is_stale or known < columns then null
                else least(pages, ceil(rows / greatest(floor((block - 24) * fill / row_bytes), 1))) * block
           end as "neededBytes",
           case when is_stale then 'stale' when known < columns then 'hidden' end as reason
      from measured
     order by pages desc`,
};
