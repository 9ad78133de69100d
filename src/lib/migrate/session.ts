import { describeHolder, withAdvisoryLock } from '../core/advisory-lock.js';
import { describeTarget, type ConnectionTarget } from '../core/connection.js';
import { withDatabase, type Database } from '../core/database.js';
import { DEFAULT_LOCK_TIMEOUT_MS, DEFAULT_WAIT_MS, type LedgerDeps, type RunLimits } from './deps.js';

/** The advisory lock's number, the letters `bkdbmigr`: one migration run at a time in a database. */
const LOCK_KEY = 0x626b_6462_6d69_6772n;

/** Opens the one connection that migrations run on. */
export async function withMigrationSession<T>(
  deps: LedgerDeps,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const onNotice = ({ severity, message }: { severity: string; message: string }) =>
    deps.onNotice?.(`${severity.toLowerCase()}: ${message}`);
  // Unprepared, so that poolers in transaction mode are no obstacle.
  return withDatabase(named(deps.target), { onNotice, pool: { prepare: false } }, work);
}

function named(target: ConnectionTarget): ConnectionTarget {
  return { ...target, applicationName: `${target.applicationName} migrate` };
}

/**
 * Runs the work while no other migration run can, in this database; waits for one that is under way.
 * @throws BkDbError LOCK_HELD.
 */
export async function withMigrationLock<T>(
  deps: LedgerDeps,
  { waitMs = DEFAULT_WAIT_MS }: RunLimits,
  work: () => Promise<T>,
): Promise<T> {
  const object = `the migration ledger of ${describeTarget(deps.target)}`;
  return withAdvisoryLock(
    named(deps.target),
    {
      key: LOCK_KEY,
      object,
      waitMs,
      signal: deps.signal,
      onWait: (holder) => deps.onNotice?.(`waiting for another migration run: ${describeHolder(holder)}`),
    },
    work,
  );
}

/** SET LOCAL statements of every migration's transaction. */
export function transactionSettings(
  database: Database,
  { lockTimeoutMs = DEFAULT_LOCK_TIMEOUT_MS, statementTimeoutMs = 0 }: RunLimits,
  { durable }: { readonly durable: boolean },
): string {
  return [
    `set local lock_timeout = ${lockTimeoutMs};`,
    `set local statement_timeout = ${statementTimeoutMs};`,
    'set local idle_in_transaction_session_timeout = 0;',
    // So that the server notices within a second that its client was killed.
    ...(database.serverVersion >= 140_000 ? [`set local client_connection_check_interval = 1000;`] : []),
    // The last commit waits for the disk and takes the earlier ones with it.
    ...(durable ? [] : ['set local synchronous_commit = off;']),
  ].join(' ');
}

/**
 * SET statements for a statement outside a transaction. Such statements wait for others by design, so that lock_timeout
 * holds for them only when it was asked for.
 */
export function sessionSettings(
  database: Database,
  { lockTimeoutMs = 0, statementTimeoutMs = 0 }: RunLimits,
): string {
  return transactionSettings(database, { lockTimeoutMs, statementTimeoutMs }, { durable: true }).replaceAll(
    'set local ',
    'set ',
  );
}
