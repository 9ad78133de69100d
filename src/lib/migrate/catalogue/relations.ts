import type { Fragment, Queryable } from '../../core/database.js';

/** Schemas and relations with their columns, constraints and indexes; the first query, which names the result. */
export function relationObjects(sql: Queryable): Fragment {
  return sql`
    select 'schema' as kind, s.nspname::text as name, concat_ws(' | ', 'comment ' || obj_description(s.oid, 'pg_namespace')) as definition,
           false as "ofPartition"
      from schemas s
    union all
    select case r.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
                          when 'S' then 'sequence' when 'f' then 'foreign table' else 'type' end,
           r.name,
           concat_ws(' | ', r.relkind, r.relpersistence, r.reloptions::text,
                     case when r.relrowsecurity then 'row security' end,
                     case when r.relforcerowsecurity then 'forced' end,
                     case when r.relkind in ('r', 'p', 'm') then 'identity ' || r.relreplident::text end,
                     (select 'access method ' || a.amname from pg_catalog.pg_am a where a.oid = r.relam),
                     (select 'tablespace ' || t.spcname from pg_catalog.pg_tablespace t where t.oid = r.reltablespace),
                     case when r.relkind = 'p' then pg_get_partkeydef(r.oid) end,
                     pg_get_expr(r.relpartbound, r.oid),
                     (select 'inherits ' || string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno)
                        from pg_catalog.pg_inherits i where i.inhrelid = r.oid),
                     case when r.relkind in ('v', 'm') then pg_get_viewdef(r.oid) end,
                     (select format('%s start %s increment %s min %s max %s cache %s cycle %s',
                                    format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle)
                        from pg_catalog.pg_sequence q where q.seqrelid = r.oid),
                     (select format('owned by %s.%s', d.refobjid::regclass, d.refobjsubid)
                        from pg_catalog.pg_depend d
                       where r.relkind = 'S' and d.classid = 'pg_class'::regclass and d.objid = r.oid
                         and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0),
                     'comment ' || obj_description(r.oid, 'pg_class')),
           r.relispartition
      from relations r
    union all
    select 'column', format('%s.%I', r.name, a.attname),
           concat_ws(' | ', row_number() over (partition by a.attrelid order by a.attnum),
                     format_type(a.atttypid, a.atttypmod),
                     (select 'collation ' || c.collname from pg_catalog.pg_collation c
                       where c.oid = a.attcollation and c.oid <> (select t.typcollation from pg_catalog.pg_type t where t.oid = a.atttypid)),
                     case when a.attnotnull then 'not null' end,
                     (select 'default ' || pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d
                       where d.adrelid = a.attrelid and d.adnum = a.attnum),
                     nullif('identity ' || a.attidentity::text, 'identity '), nullif('generated ' || a.attgenerated::text, 'generated '),
                     -- Since version 14.
                     'compression ' || nullif(to_jsonb(a) ->> 'attcompression', ''),
                     'storage ' || a.attstorage::text, 'statistics ' || nullif(a.attstattarget, -1),
                     -- Minor releases of late 2026 keep a version of their own (pg_attver) among the options.
                     (select pg_catalog.array_agg(o order by o) from pg_catalog.unnest(a.attoptions) o where o !~ '^pg_')::text, a.attfdwoptions::text,
                     'comment ' || col_description(a.attrelid, a.attnum)),
           r.relispartition
      from pg_catalog.pg_attribute a
      join relations r on r.oid = a.attrelid
     where a.attnum > 0 and not a.attisdropped and r.relkind <> 'S'
    union all
    select 'constraint', format('%s.%I', coalesce(r.name, t.name), c.conname),
           concat_ws(' | ', pg_get_constraintdef(c.oid), 'comment ' || obj_description(c.oid, 'pg_constraint')),
           coalesce(r.relispartition, false)
      from pg_catalog.pg_constraint c
      left join relations r on r.oid = c.conrelid
      left join types t on t.oid = c.contypid
     where (r.oid is not null or t.oid is not null) and c.contype <> 'n'
    union all
    select 'index', format('%s.%I', r.name, c.relname),
           concat_ws(' | ', pg_get_indexdef(i.indexrelid), case when not i.indisvalid then 'invalid' end,
                     case when i.indisclustered then 'clustered' end, case when i.indisreplident then 'replica identity' end,
                     'comment ' || obj_description(c.oid, 'pg_class')),
           r.relispartition
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join relations r on r.oid = i.indrelid`;
}
