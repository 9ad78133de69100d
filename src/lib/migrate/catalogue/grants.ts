import type { Fragment, Queryable } from '../../core/database.js';

/** Privileges, default privileges and security labels. */
export function grantObjects(sql: Queryable): Fragment {
  return sql`
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
    union all
    select 'security label', concat_ws(' ', l.provider, 'on', l.objtype, l.objname), l.label, false
      from pg_catalog.pg_seclabels l
     where l.objtype not in ('role', 'database', 'tablespace') and l.objname !~ '^pg_'`;
}
