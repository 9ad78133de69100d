import type { Fragment, Queryable } from '../../core/database.js';

/** What connects a database with others: extensions, event triggers, foreign servers, publications. */
export function linkObjects(sql: Queryable): Fragment {
  return sql`
    select 'extension', e.extname::text, concat_ws(' | ', e.extversion, e.extnamespace::regnamespace), false
      from pg_catalog.pg_extension e
     where e.extname <> 'plpgsql'
    union all
    select 'event trigger', e.evtname::text, concat_ws(' | ', e.evtevent, e.evtfoid::regproc, e.evtenabled, e.evttags::text,
                     'comment ' || obj_description(e.oid, 'pg_event_trigger')), false
      from pg_catalog.pg_event_trigger e
     where not exists (select from members m where m.classid = 'pg_event_trigger'::regclass and m.objid = e.oid)
    union all
    select 'foreign data wrapper', w.fdwname::text,
           concat_ws(' | ', nullif(w.fdwhandler, 0)::regprocedure, nullif(w.fdwvalidator, 0)::regprocedure, w.fdwoptions::text,
                     'comment ' || obj_description(w.oid, 'pg_foreign_data_wrapper')), false
      from pg_catalog.pg_foreign_data_wrapper w
     where not exists (select from members m where m.classid = 'pg_foreign_data_wrapper'::regclass and m.objid = w.oid)
    union all
    select 'server', v.srvname::text, concat_ws(' | ', w.fdwname, v.srvtype, v.srvversion, v.srvoptions::text,
                     'comment ' || obj_description(v.oid, 'pg_foreign_server')), false
      from pg_catalog.pg_foreign_server v
      join pg_catalog.pg_foreign_data_wrapper w on w.oid = v.srvfdw
    union all
    -- Without its options, which hold passwords.
    select 'user mapping', format('%s on %s', u.usename, u.srvname), '', false from pg_catalog.pg_user_mappings u`;
}

/** Publications; row filters, column lists and whole schemas exist since version 15. */
export function publicationObjects(sql: Queryable, serverVersion: number): Fragment {
  const since15 = serverVersion >= 150_000;
  const tableOptions = since15
    ? sql`(select '(' || string_agg(k::text, ',') || ')' from unnest(r.prattrs) k), 'where ' || pg_get_expr(r.prqual, r.prrelid)`
    : sql`null::text`;
  const schemas = since15
    ? sql`(select 'schemas ' || string_agg(n.pnnspid::regnamespace::text, ', ' order by n.pnnspid::regnamespace::text)
             from pg_catalog.pg_publication_namespace n where n.pnpubid = p.oid)`
    : sql`null::text`;
  return sql`
    select 'publication', p.pubname::text,
           concat_ws(' | ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, case when p.pubviaroot then 'via root' end,
                     (select string_agg(concat_ws(' ', r.prrelid::regclass, ${tableOptions}), ', ' order by r.prrelid::regclass::text)
                        from pg_catalog.pg_publication_rel r where r.prpubid = p.oid),
                     ${schemas},
                     'comment ' || obj_description(p.oid, 'pg_publication')),
           false
      from pg_catalog.pg_publication p`;
}
