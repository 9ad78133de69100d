import { setTimeout as sleep } from 'node:timers/promises';
import { BkDbError } from '../core/errors.js';
import type { OnProgress } from '../core/progress.js';
import { accountOf, type ServerAccount } from './account.js';
import { createData } from './data-directory.js';
import { dataVersion } from './marker.js';
import { launchServer, START_TIMEOUT_S } from './launch.js';
import { locateServer, type ServerLayout } from './layout.js';
import { readLogTail } from './logs.js';
import { findPostmaster } from './postmaster.js';
import { newestPrograms } from './programs.js';
import { prepareDirectory, sweep } from './server-directory.js';
import { withServerLock } from './server-lock.js';
import type { ServerSettings } from './server-settings.js';
import { serverStatus } from './status.js';
import type { ServerDeps, ServerStart } from './types.js';

export interface StartOptions {
  /** False starts only a server that exists; default true. */
  readonly create?: boolean;
  /** How long to wait, in ms, for another start or stop to end; default one minute. */
  readonly lockWaitMs?: number;
  /** Settings of postgresql.conf on top of bk-db's, until the next start. */
  readonly settings?: ServerSettings;
  readonly onProgress?: OnProgress;
}

const POLL_MS = 50;

/**
 * Starts the project's server, after creating it when it does not exist. Any number of simultaneous calls give
 * one server. The server is a plain daemon: it lives until it is stopped.
 * @throws BkDbError TOOL_MISSING, TOOL_FAILED with the end of the server's log, LOCK_HELD, IO, PERMISSION.
 */
export async function startServer(deps: ServerDeps, options: StartOptions = {}): Promise<ServerStart> {
  const layout = await locateServer(deps);
  const before = await serverStatus(deps);
  if (before.state === 'running') return { ...before, action: 'none' };
  const account = await prepareDirectory(deps, layout);
  const action = await withServerLock(deps, { layout, waitMs: options.lockWaitMs }, async () => {
    await sweep(deps, layout);
    return createAndLaunch(deps, { layout, account, options });
  });
  return { ...(await serverStatus(deps)), action };
}

interface Start {
  readonly layout: ServerLayout;
  readonly account: ServerAccount;
  readonly options: StartOptions;
}

async function createAndLaunch(
  deps: ServerDeps,
  { layout, account, options }: Start,
): Promise<ServerStart['action']> {
  const running = await findPostmaster(deps.runTool, layout);
  if (running !== undefined) {
    await waitUntilReady(deps, layout);
    return 'none';
  }
  const { settings = {} } = options;
  const exists = (await dataVersion(layout)) !== undefined;
  if (!exists && options.create === false) throw neverCreated(layout);
  if (!exists) {
    options.onProgress?.({ phase: 'creating the embedded server' });
    const programs = await newestPrograms(deps);
    await createData(deps, layout, { programs, account, settings });
  }
  options.onProgress?.({ phase: 'starting the embedded server' });
  await launchServer(deps, { layout, settings, account: await accountOf(layout.dataDirectory) });
  return exists ? 'started' : 'created';
}

/** Another program may be starting it at this moment. */
async function waitUntilReady(deps: ServerDeps, layout: ServerLayout): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_S * 1000;
  for (;;) {
    const found = await findPostmaster(deps.runTool, layout);
    if (found?.ready === true) return;
    if (found === undefined || Date.now() > deadline) {
      throw new BkDbError('TOOL_FAILED', 'the embedded server did not become ready', {
        hint: `Its log is ${layout.logFile}.`,
        details: { stderr: await readLogTail(layout, 20) },
      });
    }
    await sleep(POLL_MS, undefined, { signal: deps.signal });
  }
}

/** The error of a command that needs a server in a project that has none. */
export function neverCreated(layout: ServerLayout): BkDbError {
  return new BkDbError(
    'CONFIG_INVALID',
    `no database is configured, and ${layout.projectRoot} has no embedded server`,
    {
      hint: 'Set DATABASE_URL, the PG* variables or --url to use your server; `bk-db init` or `bk-db server start` creates an embedded one.',
      details: { projectRoot: layout.projectRoot, directory: layout.directory },
    },
  );
}
