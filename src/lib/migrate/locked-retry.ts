import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { isServerError } from '../core/to-error.js';
import { describeBlocker, watchBlockers, type Blocker } from './blockers.js';
import { DEFAULT_WAIT_MS, type MigrateDeps, type RunLimits } from './deps.js';
import { backendPid } from './session.js';

/** Lock not available, deadlock, serialization failure: rolled back, and may succeed when run again. */
const RETRYABLE = new Set(['55P03', '40P01', '40001']);

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface RetryOptions {
  readonly database: Database;
  readonly limits: RunLimits;
  readonly label: string;
}

/**
 * Runs a whole transaction again, with growing jittered pauses, while others hold what it needs, and says who.
 * @throws what the last attempt threw; for a lock its message names the blocker.
 */
export async function retryWhileLocked(
  deps: MigrateDeps,
  { database, limits, label }: RetryOptions,
  attempt: () => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + (limits.waitMs ?? DEFAULT_WAIT_MS);
  const watch = watchBlockers(deps, {
    pid: await backendPid(database),
    lockTimeoutMs: limits.lockTimeoutMs,
    onBlocker: (blocker) => deps.onNotice?.(`${label} waits for ${describeBlocker(blocker)}`),
  });
  try {
    for (let count = 0; ; count++) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (!isRetryable(error)) throw error;
        if (Date.now() >= deadline) throw withBlockers(error, watch.seen());
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** count, LONGEST_PAUSE_MS);
        await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: deps.signal });
      }
    }
  } finally {
    await watch.stop();
  }
}

function isRetryable(error: unknown): boolean {
  const cause = error instanceof BkDbError ? error.cause : error;
  return isServerError(cause) && RETRYABLE.has(cause.code);
}

function withBlockers(error: unknown, blockers: readonly Blocker[]): unknown {
  const [first] = blockers;
  if (!(error instanceof BkDbError) || first === undefined) return error;
  return new BkDbError(error.code, `${error.message}; in its way is ${describeBlocker(first)}`, {
    hint: 'Wait for that session to end, end it, or give a longer --wait.',
    details: { ...error.details, blockers },
    cause: error.cause,
  });
}
