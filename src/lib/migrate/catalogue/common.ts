import type { Fragment, Queryable } from '../../core/database.js';

/** The parts that the other queries share: schemas, members of extensions, relations, functions, types, grants. */
export function commonTables(sql: Queryable): Fragment {
  return sql`
    with schemas as (
      select n.oid, n.nspname, n.nspowner, n.nspacl
        from pg_catalog.pg_namespace n
       where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'bk_migrations')
    ), members as (
      select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype = 'e'
    ), relations as (
      select c.*, format('%I.%I', n.nspname, c.relname) as name
        from pg_catalog.pg_class c
        join schemas n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
         and not exists (select from members m where m.classid = 'pg_class'::regclass and m.objid = c.oid)
    ), functions as (
      select p.*, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name
        from pg_catalog.pg_proc p
        join schemas n on n.oid = p.pronamespace
       where not exists (select from members m where m.classid = 'pg_proc'::regclass and m.objid = p.oid)
    ), types as (
      select t.*, format('%I.%I', n.nspname, t.typname) as name
        from pg_catalog.pg_type t
        join schemas n on n.oid = t.typnamespace
       where t.typtype in ('e', 'd', 'r')
         and not exists (select from members m where m.classid = 'pg_type'::regclass and m.objid = t.oid)
    ), grants as (
      select 'schema' as class, s.nspname::text as name, s.nspowner as owner, s.nspacl as acl, 'n'::"char" as type, false as partition
        from schemas s
  
    union all
      select 'relation', r.name, r.relowner, r.relacl, case r.relkind when 'S' then 's' else 'r' end::"char", r.relispartition
        from relations r where r.relkind <> 'c'
  
    union all
      select 'function', f.name, f.proowner, f.proacl, 'f', false from functions f
  
    union all
      select 'type', t.name, t.typowner, t.typacl, 'T', false from types t
      union all
      select 'foreign data wrapper', w.fdwname::text, w.fdwowner, w.fdwacl, 'F', false from pg_catalog.pg_foreign_data_wrapper w
      union all
      select 'server', v.srvname::text, v.srvowner, v.srvacl, 'S', false from pg_catalog.pg_foreign_server v
      union all
      select 'language', l.lanname::text, l.lanowner, l.lanacl, 'l', false from pg_catalog.pg_language l where l.lanpltrusted
    )`;
}
