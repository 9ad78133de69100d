import { setTimeout as sleep } from 'node:timers/promises';
import { BkDbError } from '../core/errors.js';
import { accountOf } from './account.js';
import type { ServerLayout } from './layout.js';
import { findPostmaster } from './postmaster.js';
import { requireServer } from './require-server.js';
import { withServerLock } from './server-lock.js';
import { serverStatus } from './status.js';
import type { ServerDeps, ServerStop } from './types.js';

const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/**
 * Stops the project's server: open transactions are rolled back, sessions are ended. No work when it does not run.
 * @throws BkDbError NOT_FOUND when it was never created, LOCK_HELD, TIMEOUT.
 */
export async function stopServer(deps: ServerDeps): Promise<ServerStop> {
  const layout = await requireServer(deps);
  await accountOf(layout.dataDirectory);
  const stopped = await withServerLock(deps, { layout }, () => shutDown(deps, layout));
  return { ...(await serverStatus(deps)), action: stopped ? 'stopped' : 'none' };
}

/**
 * Shuts the server down and waits for its end; false when it did not run. Only under the lock.
 * The signal goes to a process that was just seen to be the server of this data directory, never to a mere number.
 */
export async function shutDown(deps: ServerDeps, layout: ServerLayout): Promise<boolean> {
  const running = await findPostmaster(deps.runTool, layout);
  if (running === undefined) return false;
  // SIGINT is PostgreSQL's fast shutdown.
  process.kill(running.pid, 'SIGINT');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while ((await findPostmaster(deps.runTool, layout)) !== undefined) {
    if (Date.now() > deadline) {
      throw new BkDbError(
        'TIMEOUT',
        `the embedded server (process ${running.pid}) did not stop within a minute`,
        { hint: `Its log is ${layout.logFile}.`, details: { pid: running.pid } },
      );
    }
    await sleep(POLL_MS, undefined, { signal: deps.signal });
  }
  return true;
}
