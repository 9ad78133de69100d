import type { Queryable } from '../core/database.js';
import { listOf, type Problem } from './problem.js';

/**
 * What would keep a live database from being renamed once all the work is done: it belongs to somebody else, sessions in
 * it that this role may not end (whose kind is hidden from it), transactions that are prepared in it.
 */
export async function liveProblems(sql: Queryable, database: string): Promise<Problem[]> {
  const [row] = await sql<{ owns: boolean; sessions: string[]; prepared: string[] }[]>`
    select pg_catalog.pg_has_role(d.datdba, 'usage') as owns,
           array(select pg_catalog.format('%s of %s', a.pid, a.usename)
                   from pg_catalog.pg_stat_activity a
                  where a.datname = d.datname and coalesce(a.backend_type, 'client backend') = 'client backend'
                    and not (pg_catalog.pg_has_role(a.usesysid, 'member')
                             or pg_catalog.pg_has_role('pg_signal_backend', 'member')
                                and not (select r.rolsuper from pg_catalog.pg_roles r where r.oid = a.usesysid))
                  order by 1) as sessions,
           array(select p.gid from pg_catalog.pg_prepared_xacts p where p.database = d.datname order by 1) as prepared
      from pg_catalog.pg_database d
     where d.datname = ${database}`;
  if (row === undefined) return [];
  const { owns, sessions, prepared } = row;
  return [
    ...(owns ? [] : [notOwned(database)]),
    ...(sessions.length === 0 ? [] : [notEnded(sessions)]),
    ...(prepared.length === 0 ? [] : [preparedThere(prepared)]),
  ];
}

function notOwned(database: string): Problem {
  return {
    code: 'PERMISSION',
    missing: `ownership of database ${database}, without which it cannot be renamed`,
    remedy: 'connect as its owner or a superuser',
    details: { owns: false },
  };
}

function notEnded(sessions: readonly string[]): Problem {
  return {
    code: 'LOCK_HELD',
    missing: `the right to end ${listOf('session', sessions)}`,
    remedy: 'end the sessions, or connect as a role that may (pg_signal_backend, a superuser)',
    details: { sessions },
  };
}

function preparedThere(prepared: readonly string[]): Problem {
  return {
    code: 'LOCK_HELD',
    missing: `the end of ${listOf('prepared transaction', prepared)}`,
    remedy: 'commit or roll back what is prepared',
    details: { prepared },
  };
}
