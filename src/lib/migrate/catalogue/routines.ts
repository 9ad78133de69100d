import type { Fragment, Queryable } from '../../core/database.js';

/** Functions, types, casts, languages and what access methods need: operators, their classes and families. */
export function routineObjects(sql: Queryable): Fragment {
  return sql`
    select 'function', f.name,
           concat_ws(' | ', case f.prokind when 'a' then
                       (select concat_ws(' ', 'aggregate', format_type(g.aggtranstype, null), format_type(nullif(g.aggmtranstype, 0), null),
                                       nullif(g.aggsortop, 0)::regoperator, f.prorettype::regtype, f.proparallel, f.provolatile, f.prosecdef,
                                       (to_jsonb(g) - array['aggfnoid', 'aggtranstype', 'aggmtranstype', 'aggsortop'])::text)
                          from pg_catalog.pg_aggregate g where g.aggfnoid = f.oid)
                     else pg_get_functiondef(f.oid) end,
                     'comment ' || obj_description(f.oid, 'pg_proc')),
           false
      from functions f
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
    select 'cast', format('%s as %s', format_type(c.castsource, null), format_type(c.casttarget, null)),
           concat_ws(' | ', nullif(c.castfunc, 0)::regprocedure, c.castcontext, c.castmethod,
                     'comment ' || obj_description(c.oid, 'pg_cast')), false
      from pg_catalog.pg_cast c
     where c.oid >= 16384 and not exists (select from members m where m.classid = 'pg_cast'::regclass and m.objid = c.oid)
    union all
    select 'language', l.lanname::text, concat_ws(' | ', l.lanpltrusted, nullif(l.lanplcallfoid, 0)::regprocedure,
                     'comment ' || obj_description(l.oid, 'pg_language')), false
      from pg_catalog.pg_language l
     where l.oid >= 16384 and not exists (select from members m where m.classid = 'pg_language'::regclass and m.objid = l.oid)
    union all
    select 'access method', a.amname::text,
           concat_ws(' | ', a.amhandler, a.amtype, 'comment ' || obj_description(a.oid, 'pg_am')), false
      from pg_catalog.pg_am a
     where a.oid >= 16384 and not exists (select from members m where m.classid = 'pg_am'::regclass and m.objid = a.oid)
    union all
    select 'operator', format('%I.%s(%s,%s)', s.nspname, o.oprname, o.oprleft::regtype, o.oprright::regtype),
           concat_ws(' | ', o.oprcode, o.oprresult::regtype, 'commutator ' || nullif(o.oprcom, 0)::regoperator,
                     'negator ' || nullif(o.oprnegate, 0)::regoperator, 'restrict ' || nullif(o.oprrest, 0)::regproc,
                     'join ' || nullif(o.oprjoin, 0)::regproc, case when o.oprcanmerge then 'merges' end, case when o.oprcanhash then 'hashes' end,
                     'comment ' || obj_description(o.oid, 'pg_operator')), false
      from pg_catalog.pg_operator o
      join schemas s on s.oid = o.oprnamespace
     where not exists (select from members m where m.classid = 'pg_operator'::regclass and m.objid = o.oid)
    union all
    select 'operator class', format('%I.%I using %s', s.nspname, o.opcname, a.amname),
           concat_ws(' | ', format_type(o.opcintype, null), case when o.opcdefault then 'default' end,
                     'stores ' || format_type(nullif(o.opckeytype, 0), null),
                     (select string_agg(format('%s %s', p.amopstrategy, p.amopopr::regoperator), ', ' order by p.amopstrategy, p.amopopr::regoperator::text)
                        from pg_catalog.pg_amop p where p.amopfamily = o.opcfamily and p.amoplefttype = o.opcintype),
                     (select string_agg(format('%s %s', p.amprocnum, p.amproc::regprocedure), ', ' order by p.amprocnum, p.amproc::regprocedure::text)
                        from pg_catalog.pg_amproc p where p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype),
                     'comment ' || obj_description(o.oid, 'pg_opclass')), false
      from pg_catalog.pg_opclass o
      join schemas s on s.oid = o.opcnamespace
      join pg_catalog.pg_am a on a.oid = o.opcmethod
     where not exists (select from members m where m.classid = 'pg_opclass'::regclass and m.objid = o.oid)
    union all
    select 'operator family', format('%I.%I using %s', s.nspname, f.opfname, a.amname),
           -- What belongs to a class is told by the class.
           concat_ws(' | ', (select string_agg(format('%s %s %s', p.amopstrategy, p.amopopr::regoperator, nullif(p.amopsortfamily, 0)::text), ', '
                                               order by p.amopstrategy, p.amopopr::regoperator::text)
                               from pg_catalog.pg_amop p
                               join pg_catalog.pg_depend d on d.classid = 'pg_amop'::regclass and d.objid = p.oid
                              where d.refclassid = 'pg_opfamily'::regclass and d.refobjid = f.oid),
                     (select string_agg(format('%s %s', p.amprocnum, p.amproc::regprocedure), ', ' order by p.amprocnum, p.amproc::regprocedure::text)
                        from pg_catalog.pg_amproc p
                        join pg_catalog.pg_depend d on d.classid = 'pg_amproc'::regclass and d.objid = p.oid
                       where d.refclassid = 'pg_opfamily'::regclass and d.refobjid = f.oid),
                     'comment ' || obj_description(f.oid, 'pg_opfamily')), false
      from pg_catalog.pg_opfamily f
      join schemas s on s.oid = f.opfnamespace
      join pg_catalog.pg_am a on a.oid = f.opfmethod
     where not exists (select from members m where m.classid = 'pg_opfamily'::regclass and m.objid = f.oid)`;
}
