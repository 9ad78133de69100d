import { setTimeout as sleep } from 'node:timers/promises';
import { withDatabase } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import type { LedgerDeps } from './deps.js';

/** Nobody listens yet, or the server says that it is starting. */
const NOT_YET = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
]);
const STARTING = new Set(['57P03', '57P02', '57P01', '3D000']);

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 150;

/**
 * Returns when the database accepts connections, or when there is nothing to wait for: with a wait of 0, and on errors
 * that waiting does not mend, which the caller's own connection will meet.
 * @throws BkDbError what the last attempt said, when the time is up.
 */
export async function waitForServer(deps: LedgerDeps, waitMs: number): Promise<void> {
  if (waitMs === 0) return;
  const deadline = Date.now() + waitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const error = await connectionError(deps);
    if (error === undefined || !mayMend(error)) return;
    if (Date.now() >= deadline) throw error;
    if (pauseMs === FIRST_PAUSE_MS) deps.onNotice?.(`${error.message}; waiting for it`);
    await sleep(pauseMs, undefined, { signal: deps.signal });
  }
}

async function connectionError({ target }: LedgerDeps): Promise<BkDbError | undefined> {
  try {
    await withDatabase(target, {}, async () => Promise.resolve());
    return undefined;
  } catch (error) {
    if (error instanceof BkDbError) return error;
    throw error;
  }
}

function mayMend({ details }: BkDbError): boolean {
  return NOT_YET.has(String(details['reason'])) || STARTING.has(String(details['sqlState']));
}
