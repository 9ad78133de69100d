import type { Queryable } from '../core/database.js';
import { BkDbError } from '../core/errors.js';

/** The lock table takes a little more than the settings say. */
const SLACK = 1.25;

/**
 * Checks that the server's lock table has room for a lock on every table, all of which pg_dump holds at once.
 * @throws BkDbError TOOL_FAILED naming the setting to raise.
 */
export async function checkLocks(sql: Queryable): Promise<void> {
  const [found] = await sql<LockFigures[]>`
    select (select count(*)::int from pg_catalog.pg_class c
              join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema') as tables,
           pg_catalog.current_setting('max_locks_per_transaction')::int * s.slots as room, s.slots
      from (select pg_catalog.current_setting('max_connections')::int
                   + pg_catalog.current_setting('max_prepared_transactions')::int as slots) s`;
  const shortage = found === undefined ? undefined : lockShortage(found);
  if (shortage !== undefined) throw shortage;
}

/** Tables to lock, locks the server has room for, and sessions that share them. */
export interface LockFigures {
  readonly tables: number;
  readonly room: number;
  readonly slots: number;
}

/** What to tell when the tables are too many; undefined when they are not. Pure. */
export function lockShortage({ tables, room, slots }: LockFigures): BkDbError | undefined {
  if (tables <= room * SLACK) return undefined;
  const wanted = Math.ceil(tables / slots) + 10;
  return new BkDbError(
    'TOOL_FAILED',
    `pg_dump would hold ${tables} locks at once; the server has room for ${room}`,
    {
      hint: `Set max_locks_per_transaction to ${wanted} and restart the server, or back up a schema at a time with --schema.`,
      details: { tables, room },
    },
  );
}
