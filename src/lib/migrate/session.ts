import { setTimeout as sleep } from 'node:timers/promises';
import { describeHolder, withAdvisoryLock } from '../core/advisory-lock.js';
import { describeTarget, type ConnectionTarget } from '../core/connection.js';
import { withDatabase, type Database } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { isServerError } from '../core/to-error.js';
import { DEFAULT_LOCK_TIMEOUT_MS, DEFAULT_WAIT_MS, type LedgerDeps, type RunLimits } from './deps.js';

/** The advisory lock's number, the letters `bkdbmigr`: one migration run at a time in a database. */
const LOCK_KEY = 0x626b_6462_6d69_6772n;

/** Opens the one connection that migrations run on. */
export async function withMigrationSession<T>(
  deps: LedgerDeps,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const onNotice = ({ severity, message }: { severity: string; message: string }) => {
    if (severity !== 'NOTICE' || !message.startsWith('bk_db'))
      deps.onNotice?.(`${severity.toLowerCase()}: ${message}`);
  };
  return withDatabase(named(deps.target), { onNotice }, work);
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

/** Lock not available, deadlock, serialization failure: rolled back, and may succeed when run again. */
const RETRYABLE = new Set(['55P03', '40P01', '40001']);

export interface RetryOptions {
  readonly waitMs?: number | undefined;
  readonly signal: AbortSignal;
  /** Told before each pause. */
  readonly onRetry: (attempt: number, pauseMs: number) => void;
}

/** Runs a whole transaction again, with growing jittered pauses, while others hold what it needs. */
export async function retryWhileLocked<T>(
  attempt: () => Promise<T>,
  { waitMs = DEFAULT_WAIT_MS, signal, onRetry }: RetryOptions,
): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRetryable(error) || Date.now() >= deadline) throw error;
      const pauseMs = Math.min(100 * 2 ** Math.min(count, 6), 5_000) * (0.5 + Math.random() / 2);
      onRetry(count, pauseMs);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

function isRetryable(error: unknown): boolean {
  const cause = error instanceof BkDbError ? error.cause : error;
  return isServerError(cause) && RETRYABLE.has(cause.code);
}
