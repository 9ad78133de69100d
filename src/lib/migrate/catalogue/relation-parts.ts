import type { Fragment, Queryable } from '../../core/database.js';

/** Triggers, rules, policies and statistics of relations. */
export function relationParts(sql: Queryable): Fragment {
  return sql`
    select 'trigger', format('%s.%I', r.name, g.tgname),
           concat_ws(' | ', pg_get_triggerdef(g.oid), g.tgenabled, 'comment ' || obj_description(g.oid, 'pg_trigger')), r.relispartition
      from pg_catalog.pg_trigger g
      join relations r on r.oid = g.tgrelid
     where not g.tgisinternal
    union all
    select 'rule', format('%s.%I', r.name, w.rulename), concat_ws(' | ', pg_get_ruledef(w.oid), w.ev_enabled, 'comment ' || obj_description(w.oid, 'pg_rewrite')), r.relispartition
      from pg_catalog.pg_rewrite w
      join relations r on r.oid = w.ev_class
     where w.rulename <> '_RETURN'
    union all
    select 'policy', format('%s.%I', r.name, p.polname),
           concat_ws(' | ', p.polcmd, p.polpermissive, (select string_agg(x::regrole::text, ', ' order by 1) from unnest(p.polroles) x),
                     'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid),
                     'comment ' || obj_description(p.oid, 'pg_policy')),
           r.relispartition
      from pg_catalog.pg_policy p
      join relations r on r.oid = p.polrelid
    union all
    select 'statistics', format('%I.%I', s.nspname, x.stxname), 
           concat_ws(' | ', pg_get_statisticsobjdef(x.oid), 'target ' || nullif(x.stxstattarget, -1),
                     'comment ' || obj_description(x.oid, 'pg_statistic_ext')), false
      from pg_catalog.pg_statistic_ext x
      join schemas s on s.oid = x.stxnamespace`;
}
