import type { Collector } from './collector.js';

/** A table with dead rows beyond the point at which autovacuum should have come. */
export interface VacuumLag {
  readonly schema: string;
  readonly table: string;
  readonly deadRows: number;
  /** Dead rows at which autovacuum starts on this table. */
  readonly startsAt: number;
  readonly disabled: boolean;
  /** Since the last vacuum, or since the server started when there was none. */
  readonly sinceVacuumMs: number;
}

/** The tables furthest beyond their own autovacuum limits, storage parameters honoured. */
export const vacuumLag: Collector<readonly VacuumLag[]> = {
  tier: 'slow',
  collect: (sql, { versionNum }) => {
    const cap =
      versionNum >= 180_000
        ? sql`nullif(current_setting('autovacuum_vacuum_max_threshold')::float8, -1)`
        : sql`null::float8`;
    return sql<VacuumLag[]>`
      with tables as (
        select n.nspname, c.relname, s.n_dead_tup::float8 as dead,
               least(
                 coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::float8)
                 + coalesce(o.scale, current_setting('autovacuum_vacuum_scale_factor')::float8)
                   * greatest(c.reltuples, 0), ${cap}) as starts_at,
               coalesce(not o.enabled, false) as disabled,
               coalesce(greatest(s.last_autovacuum, s.last_vacuum), pg_catalog.pg_postmaster_start_time()) as since
          from pg_catalog.pg_stat_all_tables s
          join pg_catalog.pg_class c on c.oid = s.relid and c.relpersistence <> 't'
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          left join lateral (
            select max(v.option_value) filter (where v.option_name = 'autovacuum_vacuum_threshold')::float8 as threshold,
                   max(v.option_value) filter (where v.option_name = 'autovacuum_vacuum_scale_factor')::float8 as scale,
                   bool_and(v.option_value::bool) filter (where v.option_name = 'autovacuum_enabled') as enabled
              from pg_catalog.pg_options_to_table(c.reloptions) v
             where v.option_name in ('autovacuum_vacuum_threshold', 'autovacuum_vacuum_scale_factor', 'autovacuum_enabled')
          ) o on c.reloptions is not null
         where s.n_dead_tup >= 1000
      )
      select nspname::text as schema, relname::text as table, dead as "deadRows", starts_at as "startsAt", disabled,
             greatest(0, extract(epoch from clock_timestamp() - since) * 1000)::float8 as "sinceVacuumMs"
        from tables
       where dead > starts_at
       order by dead / greatest(starts_at, 1) desc
       limit 20`;
  },
};
