import type { Fragment, Queryable } from '../../core/database.js';

/** Collations, and configurations and dictionaries of the text search. */
export function localeObjects(sql: Queryable): Fragment {
  return sql`
    select 'collation', format('%I.%I', s.nspname, c.collname),
           -- Which columns tell the locale differs between versions.
           (to_jsonb(c) - array['oid', 'collname', 'collnamespace', 'collowner', 'collversion'])::text
             || coalesce(' | comment ' || obj_description(c.oid, 'pg_collation'), ''), false
      from pg_catalog.pg_collation c
      join schemas s on s.oid = c.collnamespace
     where not exists (select from members m where m.classid = 'pg_collation'::regclass and m.objid = c.oid)
    union all
    select 'text search configuration', format('%I.%I', s.nspname, c.cfgname),
           concat_ws(' | ', (select p.prsname from pg_catalog.pg_ts_parser p where p.oid = c.cfgparser),
                     (select string_agg(format('%s %s %s', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), ', ' order by m.maptokentype, m.mapseqno)
                        from pg_catalog.pg_ts_config_map m where m.mapcfg = c.oid),
                     'comment ' || obj_description(c.oid, 'pg_ts_config')), false
      from pg_catalog.pg_ts_config c
      join schemas s on s.oid = c.cfgnamespace
     where not exists (select from members m where m.classid = 'pg_ts_config'::regclass and m.objid = c.oid)
    union all
    select 'text search dictionary', format('%I.%I', s.nspname, d.dictname),
           concat_ws(' | ', (select t.tmplname from pg_catalog.pg_ts_template t where t.oid = d.dicttemplate), d.dictinitoption,
                     'comment ' || obj_description(d.oid, 'pg_ts_dict')), false
      from pg_catalog.pg_ts_dict d
      join schemas s on s.oid = d.dictnamespace
     where not exists (select from members m where m.classid = 'pg_ts_dict'::regclass and m.objid = d.oid)`;
}
