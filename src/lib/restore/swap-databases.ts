import { setTimeout as sleep } from 'node:timers/promises';
import { quoteIdentifier, type Sql, type TransactionSql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { isServerError } from '../core/to-error.js';
import { runTransaction } from '../core/transaction.js';
import { commentStatement, markStatement } from './database-mark.js';

export interface Swap {
  /** The name that clients use. */
  readonly live: string;
  /** The name that the live database gets. */
  readonly retired: string;
  /** The database that takes the live name. */
  readonly successor: string;
  /** The comment that the successor gets. */
  readonly comment: string | null;
  readonly now: Date;
}

const OBJECT_IN_USE = '55006';
const PAUSE_MS = 20;

/**
 * Exchanges two databases by renaming both in one transaction: at every moment, and after every crash, the live
 * name means one whole database. The first rename locks the live database against new sessions, waits up to five
 * seconds for those that are there, and meanwhile they are ended.
 * Needs a client with at least two connections, in neither of the databases.
 * @throws BkDbError LOCK_HELD when sessions could not be ended; then nothing has changed.
 */
export async function swapDatabases(sql: Sql, swap: Swap): Promise<void> {
  const { live, successor } = swap;
  const renaming = runTransaction(sql, (transaction) => exchange(transaction, swap), { retries: 0 });
  const progress = { done: false };
  const settled = renaming.finally(() => {
    progress.done = true;
  });
  // Waited for below; this only keeps an early failure from counting as unhandled.
  settled.catch(() => undefined);
  while (!progress.done) {
    await endSessions(sql, [live, successor]);
    await sleep(PAUSE_MS);
  }
  await settled.catch((error: unknown) => {
    throw inUse(error, live) ?? error;
  });
}

/** Renames both, and notes on the retired one whose place it had and what took it. */
async function exchange(transaction: TransactionSql, swap: Swap): Promise<void> {
  const { live, retired, successor, comment } = swap;
  const [found] = await transaction<{ by: number; comment: string | null }[]>`
    select (select d.oid::int8::float8 from pg_catalog.pg_database d where d.datname = ${successor}) as by,
           pg_catalog.shobj_description(d.oid, 'pg_database') as comment
      from pg_catalog.pg_database d where d.datname = ${live}`;
  await transaction.unsafe(rename(live, retired));
  await transaction.unsafe(rename(successor, live));
  await transaction.unsafe(commentStatement(live, comment));
  await transaction.unsafe(
    markStatement(retired, {
      state: 'replaced',
      database: live,
      since: swap.now.toISOString(),
      by: found?.by ?? 0,
      comment: found?.comment ?? null,
    }),
  );
}

function rename(from: string, to: string): string {
  return `alter database ${quoteIdentifier(from)} rename to ${quoteIdentifier(to)}`;
}

/** Only the sessions that this role may end; what kind they are is hidden from one that may not read their statistics. */
async function endSessions(sql: Sql, databases: readonly string[]): Promise<void> {
  await sql`
    select pg_catalog.pg_terminate_backend(a.pid)
      from pg_catalog.pg_stat_activity a
     where a.datname = any(${[...databases]}) and a.pid <> pg_catalog.pg_backend_pid()
       and coalesce(a.backend_type, 'client backend') = 'client backend'
       and (pg_catalog.pg_has_role(a.usesysid, 'member')
            or pg_catalog.pg_has_role('pg_signal_backend', 'member')
               and not (select r.rolsuper from pg_catalog.pg_roles r where r.oid = a.usesysid))`;
}

function inUse(error: unknown, live: string): BkDbError | undefined {
  if (!isServerError(error) || error.code !== OBJECT_IN_USE) return undefined;
  return new BkDbError('LOCK_HELD', `database ${live} is in use by sessions that could not be ended`, {
    hint: 'End them, or connect as a role that may (a superuser); the live database is as it was.',
    details: { database: live, ...(error.detail === undefined ? {} : { detail: error.detail }) },
    cause: error,
  });
}
