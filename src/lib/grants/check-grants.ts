import type { Queryable } from '../core/database.js';
import type { GrantsResult, Task } from './types.js';

type Lacking = NonNullable<GrantsResult['lacking']>;

interface Rights {
  readonly createDatabase: boolean;
  readonly createSchema: boolean;
  readonly temporary: boolean;
  readonly monitor: boolean;
  /** How many tables and sequences of the database the role may not read, or not write. */
  readonly unreadable: number;
  readonly unwritable: number;
  /** How many tables hide rows from the role by row security. */
  readonly hidden: number;
  /** How many tables belong to roles that it is no member of. */
  readonly strangers: number;
}

/** What the connected role lacks for each task, in this database. */
export async function findLacking(sql: Queryable, tasks: readonly Task[]): Promise<Lacking> {
  const rights = await readRights(sql);
  return tasks.flatMap((task) => problemsOf(task, rights).map((problem) => ({ task, problem })));
}

/** Pure. */
function problemsOf(task: Task, rights: Rights): string[] {
  const unreadable =
    rights.unreadable > 0 ? [`${rights.unreadable} tables and sequences may not be read`] : [];
  const hidden = rights.hidden > 0 ? [`row security hides rows of ${rights.hidden} tables`] : [];
  const strangers =
    rights.strangers > 0 ? [`${rights.strangers} tables belong to roles that it is no member of`] : [];
  if (task === 'backup') return [...unreadable, ...hidden];
  if (task === 'restore')
    return [...(rights.createDatabase ? [] : ['it may not create databases']), ...strangers];
  if (task === 'migrate')
    return [...(rights.createSchema ? [] : ['it may not create schemas']), ...strangers];
  if (task === 'health') return rights.monitor ? [] : ['it is no member of pg_monitor'];
  return [
    ...unreadable,
    ...(rights.unwritable > 0 ? [`${rights.unwritable} tables may not be written`] : []),
    ...(rights.temporary ? [] : ['it may not make temporary tables']),
  ];
}

async function readRights(sql: Queryable): Promise<Rights> {
  const [rights] = await sql<[Rights]>`
    with relations as (
      select c.oid, c.relkind, c.relowner, c.relrowsecurity, pg_catalog.has_schema_privilege(n.oid, 'usage') as visible
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
         and not exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    )
    select (select r.rolcreatedb or r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as "createDatabase",
           pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as "createSchema",
           pg_catalog.has_database_privilege(pg_catalog.current_database(), 'temporary') as temporary,
           pg_catalog.pg_has_role('pg_monitor', 'usage') as monitor,
           (select pg_catalog.count(*)::int from relations r
             where not (r.visible and case when r.relkind = 'S' then pg_catalog.has_sequence_privilege(r.oid, 'select')
                                           else pg_catalog.has_table_privilege(r.oid, 'select') end)) as unreadable,
           (select pg_catalog.count(*)::int from relations r
             where r.relkind <> 'S' and not (r.visible and pg_catalog.has_table_privilege(r.oid, 'insert'))) as unwritable,
           (select pg_catalog.count(*)::int from relations r
             where r.relkind = 'r' and r.relrowsecurity and pg_catalog.row_security_active(r.oid)) as hidden,
           (select pg_catalog.count(*)::int from relations r
             where r.relkind <> 'S' and not pg_catalog.pg_has_role(r.relowner, 'member')) as strangers`;
  return rights;
}
