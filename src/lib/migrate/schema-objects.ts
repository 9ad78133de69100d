import type { Queryable } from '../core/database.js';
import { runTransaction } from '../core/transaction.js';

/** One object of a schema: what it is, its name, and all of its definition as one text. */
export interface SchemaObject {
  /** Such as `table`, `column`, `index`, `grant`. */
  readonly kind: string;
  /** Qualified, as in `public.orders.customer_id`. */
  readonly name: string;
  readonly definition: string;
  /** Belongs to a partition, which may come and go with time. */
  readonly ofPartition: boolean;
}

/**
 * Everything that migrations make in a database, from its catalogue in one query: two databases with equal lists have
 * the same schema. Left out are system schemas, the ledger, members of extensions, and who owns what.
 */
export async function listSchemaObjects(sql: Queryable): Promise<readonly SchemaObject[]> {
  return runTransaction(sql, async (transaction) => {
    // Names of types and functions are written in full, whatever the database's own search path.
    await transaction`select pg_catalog.set_config('search_path', '', true)`;
    return readObjects(transaction);
  });
}

async function readObjects(sql: Queryable): Promise<readonly SchemaObject[]> {
  return sql<SchemaObject[]>`
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
    )
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
      join relations r on r.oid = i.indrelid
    union all
    select 'function', f.name,
           concat_ws(' | ', case f.prokind when 'a' then
                       (select format('aggregate %s %s %s %s', g.aggtransfn, g.aggfinalfn, format_type(g.aggtranstype, null), g.agginitval)
                          from pg_catalog.pg_aggregate g where g.aggfnoid = f.oid)
                     else pg_get_functiondef(f.oid) end,
                     'comment ' || obj_description(f.oid, 'pg_proc')),
           false
      from functions f
    union all
    select 'trigger', format('%s.%I', r.name, g.tgname),
           concat_ws(' | ', pg_get_triggerdef(g.oid), g.tgenabled, 'comment ' || obj_description(g.oid, 'pg_trigger')), r.relispartition
      from pg_catalog.pg_trigger g
      join relations r on r.oid = g.tgrelid
     where not g.tgisinternal
    union all
    select 'rule', format('%s.%I', r.name, w.rulename), concat_ws(' | ', pg_get_ruledef(w.oid), w.ev_enabled), r.relispartition
      from pg_catalog.pg_rewrite w
      join relations r on r.oid = w.ev_class
     where w.rulename <> '_RETURN'
    union all
    select 'policy', format('%s.%I', r.name, p.polname),
           concat_ws(' | ', p.polcmd, p.polpermissive, (select string_agg(x::regrole::text, ', ' order by 1) from unnest(p.polroles) x),
                     'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid)),
           r.relispartition
      from pg_catalog.pg_policy p
      join relations r on r.oid = p.polrelid
    union all
    select 'type', t.name,
           concat_ws(' | ', t.typtype,
                     (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid),
                     case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
                     'default ' || t.typdefault, case when t.typnotnull then 'not null' end,
                     (select 'range of ' || format_type(g.rngsubtype, null) from pg_catalog.pg_range g where g.rngtypid = t.oid),
                     'comment ' || obj_description(t.oid, 'pg_type')),
           false
      from types t
    union all
    select 'statistics', format('%I.%I', s.nspname, x.stxname), pg_get_statisticsobjdef(x.oid), false
      from pg_catalog.pg_statistic_ext x
      join schemas s on s.oid = x.stxnamespace
    union all
    select 'extension', e.extname::text, concat_ws(' | ', e.extversion, e.extnamespace::regnamespace), false
      from pg_catalog.pg_extension e
     where e.extname <> 'plpgsql'
    union all
    select 'operator', format('%I.%s(%s,%s)', s.nspname, o.oprname, o.oprleft::regtype, o.oprright::regtype),
           concat_ws(' | ', o.oprcode, o.oprresult::regtype), false
      from pg_catalog.pg_operator o
      join schemas s on s.oid = o.oprnamespace
     where not exists (select from members m where m.classid = 'pg_operator'::regclass and m.objid = o.oid)
    union all
    select 'publication', p.pubname::text,
           concat_ws(' | ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
                     (select string_agg(r.prrelid::regclass::text, ', ' order by 1) from pg_catalog.pg_publication_rel r where r.prpubid = p.oid)),
           false
      from pg_catalog.pg_publication p
    union all
    select 'event trigger', e.evtname::text, concat_ws(' | ', e.evtevent, e.evtfoid::regproc, e.evtenabled, e.evttags::text), false
      from pg_catalog.pg_event_trigger e
     where not exists (select from members m where m.classid = 'pg_event_trigger'::regclass and m.objid = e.oid)
    union all
    select 'collation', format('%I.%I', s.nspname, c.collname),
           -- Which columns tell the locale differs between versions.
           (to_jsonb(c) - array['oid', 'collname', 'collnamespace', 'collowner', 'collversion'])::text, false
      from pg_catalog.pg_collation c
      join schemas s on s.oid = c.collnamespace
     where not exists (select from members m where m.classid = 'pg_collation'::regclass and m.objid = c.oid)
    union all
    select 'cast', format('%s as %s', format_type(c.castsource, null), format_type(c.casttarget, null)),
           concat_ws(' | ', nullif(c.castfunc, 0)::regprocedure, c.castcontext, c.castmethod), false
      from pg_catalog.pg_cast c
     where c.oid >= 16384 and not exists (select from members m where m.classid = 'pg_cast'::regclass and m.objid = c.oid)
    union all
    select 'operator class', format('%I.%I using %s', s.nspname, o.opcname, a.amname),
           concat_ws(' | ', format_type(o.opcintype, null), case when o.opcdefault then 'default' end,
                     'stores ' || format_type(nullif(o.opckeytype, 0), null),
                     (select string_agg(format('%s %s', p.amopstrategy, p.amopopr::regoperator), ', ' order by p.amopstrategy, p.amopopr::regoperator::text)
                        from pg_catalog.pg_amop p where p.amopfamily = o.opcfamily and p.amoplefttype = o.opcintype),
                     (select string_agg(format('%s %s', p.amprocnum, p.amproc::regprocedure), ', ' order by p.amprocnum, p.amproc::regprocedure::text)
                        from pg_catalog.pg_amproc p where p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype)), false
      from pg_catalog.pg_opclass o
      join schemas s on s.oid = o.opcnamespace
      join pg_catalog.pg_am a on a.oid = o.opcmethod
     where not exists (select from members m where m.classid = 'pg_opclass'::regclass and m.objid = o.oid)
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
           concat_ws(' | ', (select t.tmplname from pg_catalog.pg_ts_template t where t.oid = d.dicttemplate), d.dictinitoption), false
      from pg_catalog.pg_ts_dict d
      join schemas s on s.oid = d.dictnamespace
     where not exists (select from members m where m.classid = 'pg_ts_dict'::regclass and m.objid = d.oid)
    union all
    select 'foreign data wrapper', w.fdwname::text,
           concat_ws(' | ', nullif(w.fdwhandler, 0)::regprocedure, nullif(w.fdwvalidator, 0)::regprocedure, w.fdwoptions::text), false
      from pg_catalog.pg_foreign_data_wrapper w
     where not exists (select from members m where m.classid = 'pg_foreign_data_wrapper'::regclass and m.objid = w.oid)
    union all
    select 'server', v.srvname::text, concat_ws(' | ', w.fdwname, v.srvtype, v.srvversion, v.srvoptions::text), false
      from pg_catalog.pg_foreign_server v
      join pg_catalog.pg_foreign_data_wrapper w on w.oid = v.srvfdw
    union all
    -- Without its options, which hold passwords.
    select 'user mapping', format('%s on %s', u.usename, u.srvname), '', false from pg_catalog.pg_user_mappings u
    union all
    select 'language', l.lanname::text, concat_ws(' | ', l.lanpltrusted, nullif(l.lanplcallfoid, 0)::regprocedure), false
      from pg_catalog.pg_language l
     where l.oid >= 16384 and not exists (select from members m where m.classid = 'pg_language'::regclass and m.objid = l.oid)
    union all
    select 'default privileges', format('of %s in %s on %s', d.defaclrole::regrole, coalesce(n.nspname, 'every schema'), d.defaclobjtype),
           (select string_agg(x::text, ', ' order by x::text) from unnest(d.defaclacl) x), false
      from pg_catalog.pg_default_acl d
      left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
    union all
    select 'grant', format('%s on column %s.%I', case x.grantee when 0 then 'public' else x.grantee::regrole::text end, r.name, a.attname),
           string_agg(x.privilege_type || case when x.is_grantable then ' with grant option' else '' end, ', ' order by x.privilege_type),
           bool_or(r.relispartition)
      from pg_catalog.pg_attribute a
      join relations r on r.oid = a.attrelid
      cross join lateral aclexplode(a.attacl) x
     where a.attnum > 0 and not a.attisdropped
     group by r.name, a.attname, x.grantee
    union all
    select 'grant', format('%s on %s %s', case x.grantee when 0 then 'public' else x.grantee::regrole::text end, g.class, g.name),
           string_agg(x.privilege_type || case when x.is_grantable then ' with grant option' else '' end, ', ' order by x.privilege_type),
           bool_or(g.partition)
      from grants g
      cross join lateral aclexplode(coalesce(g.acl, acldefault(g.type, g.owner))) x
     where x.grantee <> g.owner
     group by g.class, g.name, x.grantee
     order by 1, 2`;
}
