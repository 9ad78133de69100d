import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BkDbError } from '../core/errors.js';
import type { OnProgress } from '../core/progress.js';
import type { Tool } from '../core/process.js';
import { accountOf, type ServerAccount } from './account.js';
import { createData, dataVersion } from './data-directory.js';
import { locateServer, type ServerLayout } from './layout.js';
import { readLogTail } from './logs.js';
import { makeOwnDirectory, makeParents, writeOwnFile } from './owned-files.js';
import { clearStaleFiles, findPostmaster } from './postmaster.js';
import { newestPrograms, programsOf } from './programs.js';
import { prepareDirectory, sweep } from './server-directory.js';
import { withServerLock } from './server-lock.js';
import { SETTINGS_FILE, settingsFile, type ServerSettings } from './server-settings.js';
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

const START_TIMEOUT_S = 120;
const POLL_MS = 50;
/** How long processes of a killed server may take to notice its end. */
const ORPHANS_TIMEOUT_MS = 15_000;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

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

interface Launch {
  readonly layout: ServerLayout;
  readonly account: ServerAccount;
  readonly options: StartOptions;
}

async function createAndLaunch(deps: ServerDeps, launch: Launch): Promise<ServerStart['action']> {
  const { layout, options } = launch;
  const running = await findPostmaster(deps.runTool, layout);
  if (running !== undefined) {
    await waitUntilReady(deps, layout);
    return 'none';
  }
  const exists = (await dataVersion(layout)) !== undefined;
  if (!exists && options.create === false) throw neverCreated(layout);
  if (!exists) {
    options.onProgress?.({ phase: 'creating the embedded server' });
    const programs = await newestPrograms(deps);
    await createData(deps, layout, {
      programs,
      account: launch.account,
      settings: options.settings ?? {},
    });
  }
  options.onProgress?.({ phase: 'starting the embedded server' });
  await launchServer(deps, { ...launch, account: await accountOf(layout.dataDirectory) });
  return exists ? 'started' : 'created';
}

async function launchServer(deps: ServerDeps, { layout, account, options }: Launch): Promise<void> {
  const programs = await programsOf(deps, (await dataVersion(layout)) ?? 0);
  await makeParents(layout.socketDirectory, account);
  await makeOwnDirectory(layout.socketDirectory, account);
  await makeOwnDirectory(layout.logDirectory, account);
  await rotateLog(layout);
  await writeOwnFile(
    join(layout.dataDirectory, SETTINGS_FILE),
    settingsFile(layout, options.settings),
    account,
  );
  const tool = startTool(join(programs.directory, 'pg_ctl'), layout, account);
  const deadline = Date.now() + ORPHANS_TIMEOUT_MS;
  for (;;) {
    await clearStaleFiles(layout);
    try {
      await deps.runTool(tool, { signal: deps.signal });
      return;
    } catch (error) {
      const log = await readLogTail(layout, 20);
      if (log.some(saysOrphans) && Date.now() < deadline) {
        await sleep(POLL_MS * 4, undefined, { signal: deps.signal });
        continue;
      }
      throw startFailed(error, layout, log);
    }
  }
}

/** The arguments of pg_ctl. Pure. */
export function startTool(pgCtl: string, layout: ServerLayout, account: ServerAccount): Tool {
  const { dataDirectory, logFile } = layout;
  return {
    command: pgCtl,
    args: ['start', '-D', dataDirectory, '-l', logFile, '-w', '-t', String(START_TIMEOUT_S), '-s'],
    cwd: '/',
    ...(account === undefined ? {} : { identity: account }),
  };
}

/** After a kill -9 of the server its other processes live on until they notice. */
function saysOrphans(line: string): boolean {
  return line.includes('pre-existing shared memory block');
}

function startFailed(error: unknown, layout: ServerLayout, log: readonly string[]): unknown {
  if (!(error instanceof BkDbError) || error.code !== 'TOOL_FAILED') return error;
  const reason = log.findLast((line) => /\b(FATAL|PANIC):/.test(line));
  const said = reason?.replace(/^.*?\b(?:FATAL|PANIC):\s*/, '') ?? 'see its log';
  return new BkDbError('TOOL_FAILED', `the embedded server did not start: ${said}`, {
    hint: `Its log is ${layout.logFile}; \`bk-db server logs\` shows the end of it.`,
    details: { tool: 'pg_ctl', stderr: log },
    cause: error,
  });
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

async function rotateLog(layout: ServerLayout): Promise<void> {
  const size = await stat(layout.logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(layout.logFile, `${layout.logFile}.1`);
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
