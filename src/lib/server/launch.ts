import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BkDbError } from '../core/errors.js';
import type { Tool } from '../core/process.js';
import type { ServerAccount } from './account.js';
import type { ServerLayout } from './layout.js';
import { logSize, readLogTail } from './logs.js';
import { dataVersion } from './marker.js';
import { makeOwnDirectory, makeParents, writeOwnFile } from './owned-files.js';
import { clearStaleFiles } from './postmaster.js';
import { programsOf } from './programs.js';
import { SETTINGS_FILE, settingsFile, type ServerSettings } from './server-settings.js';
import type { ServerDeps } from './types.js';

/** Recovery after a crash may take its time. */
export const START_TIMEOUT_S = 120;
/** How long processes of a killed server may take to notice its end. */
const ORPHANS_TIMEOUT_MS = 15_000;
const ORPHANS_POLL_MS = 200;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

export interface Launch {
  readonly layout: ServerLayout;
  readonly account: ServerAccount;
  readonly settings: ServerSettings;
}

/**
 * Starts the server on its data and waits until it accepts connections. Only under the lock, and when it is stopped.
 * @throws BkDbError TOOL_MISSING, TOOL_FAILED with the end of the server's log.
 */
export async function launchServer(deps: ServerDeps, { layout, account, settings }: Launch): Promise<void> {
  const programs = await programsOf(deps, (await dataVersion(layout)) ?? 0);
  await makeParents(layout.socketDirectory, account);
  await makeOwnDirectory(layout.socketDirectory, account);
  await makeOwnDirectory(layout.logDirectory, account);
  await rotateLog(layout);
  await writeOwnFile(join(layout.dataDirectory, SETTINGS_FILE), settingsFile(layout, settings), account);
  const tool = startTool(join(programs.directory, 'pg_ctl'), layout, account);
  const deadline = Date.now() + ORPHANS_TIMEOUT_MS;
  for (;;) {
    await clearStaleFiles(layout);
    const logged = await logSize(layout);
    try {
      await deps.runTool(tool, { signal: deps.signal });
      return;
    } catch (error) {
      const log = await readLogTail(layout, 20, logged);
      if (log.some(saysOrphans) && Date.now() < deadline) {
        await sleep(ORPHANS_POLL_MS, undefined, { signal: deps.signal });
        continue;
      }
      throw startFailed(error, layout, log);
    }
  }
}

/** The arguments of pg_ctl. Pure. */
function startTool(pgCtl: string, layout: ServerLayout, account: ServerAccount): Tool {
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
  const reason = log.findLast((line) => /\b(FATAL|PANIC):/.test(line)) ?? log[0];
  const said = reason?.replace(/^.*?\b(?:FATAL|PANIC|postgres):\s*/, '') ?? 'it left nothing in its log';
  return new BkDbError('TOOL_FAILED', `the embedded server did not start: ${said}`, {
    hint: `Its log is ${layout.logFile}; \`bk-db server logs\` shows the end of it.`,
    details: { tool: 'pg_ctl', stderr: [said, ...log.slice(-5)] },
    cause: error,
  });
}

async function rotateLog(layout: ServerLayout): Promise<void> {
  if ((await logSize(layout)) > LOG_LIMIT_BYTES) await rename(layout.logFile, `${layout.logFile}.1`);
}
