import type { Queryable } from '../core/database.js';
import type { SchemaObject } from './schema-objects.js';

/**
 * What all databases of a server share: roles, memberships, databases, tablespaces, settings. Passwords are told by
 * whether there is one. Only for a superuser on a server of one's own.
 */
export async function listServerObjects(sql: Queryable): Promise<readonly SchemaObject[]> {
  return sql<SchemaObject[]>`
    select 'role' as kind, r.rolname::text as name,
           concat_ws(' | ', (to_jsonb(r) - array['oid', 'rolname', 'rolpassword'])::text,
                     case when r.rolpassword is not null then 'password' end,
                     'comment ' || shobj_description(r.oid, 'pg_authid')) as definition,
           false as "ofPartition"
      from pg_catalog.pg_authid r
     where r.rolname !~ '^pg_'
    union all
    select 'membership', format('%s in %s', m.member::regrole, m.roleid::regrole),
           string_agg((to_jsonb(m) - array['oid', 'roleid', 'member', 'grantor'])::text, ', ' order by m.grantor), false
      from pg_catalog.pg_auth_members m
     group by m.member, m.roleid
    union all
    select 'database', d.datname::text, concat_ws(' | ', d.datconnlimit, d.datallowconn, d.datacl::text), false
      from pg_catalog.pg_database d
     where d.datname <> current_database()
    union all
    select 'tablespace', t.spcname::text, concat_ws(' | ', t.spcoptions::text, t.spcacl::text), false
      from pg_catalog.pg_tablespace t
    union all
    select 'setting', concat_ws(' in ', case s.setrole when 0 then 'every role' else s.setrole::regrole::text end, d.datname),
           s.setconfig::text, false
      from pg_catalog.pg_db_role_setting s
      left join pg_catalog.pg_database d on d.oid = s.setdatabase
     where d.datname is distinct from current_database()
    union all
    select 'setting', f.name, f.setting, false
      from pg_catalog.pg_file_settings f
     where f.sourcefile ~ 'postgresql\.auto\.conf$'
    union all
    select 'subscription', b.subname::text, (to_jsonb(b) - array['oid', 'subdbid', 'subconninfo', 'subskiplsn'])::text, false
      from pg_catalog.pg_subscription b
     order by 1, 2`;
}
