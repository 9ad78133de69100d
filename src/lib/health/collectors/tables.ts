import { ageMs, type Collector } from './collector.js';

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
             ${ageMs(sql, sql`since`)} as "sinceVacuumMs"
        from tables
       where dead > starts_at
       order by dead / greatest(starts_at, 1) desc
       limit 20`;
  },
};

/** A table whose rows nothing tells apart. */
export interface KeylessTable {
  readonly schema: string;
  readonly table: string;
  /** True when a publication carries its updates or deletes, which then fail. */
  readonly published: boolean;
}

/** Tables without a primary key and without a unique index on columns that are never null. */
export const tablesWithoutKey: Collector<readonly KeylessTable[]> = {
  tier: 'slow',
  collect: (sql, { versionNum }) => {
    const bySchema =
      versionNum >= 150_000
        ? sql`or exists (select from pg_catalog.pg_publication_namespace s
                          where s.pnpubid = p.oid and s.pnnspid = c.relnamespace)`
        : sql``;
    return sql<KeylessTable[]>`
      select n.nspname::text as schema,
             c.relname::text as table,
             c.relreplident in ('d', 'n') and exists (
               select from pg_catalog.pg_publication p
                where (p.pubupdate or p.pubdelete)
                  and (p.puballtables
                       or exists (select from pg_catalog.pg_publication_rel r where r.prpubid = p.oid and r.prrelid = c.oid)
                       ${bySchema})) as published
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and c.relpersistence = 'p' and not c.relispartition
         and n.nspname not in ('pg_catalog', 'information_schema')
         and not exists (
           select from pg_catalog.pg_index i
            where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null
              and not exists (select from pg_catalog.pg_attribute a
                               where a.attrelid = c.oid and a.attnum = any(i.indkey) and not a.attnotnull))
       order by 3 desc, 1, 2
       limit 100`;
  },
};
