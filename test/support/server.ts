import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { destroyServer, serverUrl, startServer, type ServerDeps } from '../../src/lib/server/index.js';
import { testRunTool } from './pg-run-tool.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The throw-away server's libpq URI (no secret in it); its database does not exist. */
    serverUrl: string;
  }
}

const PREFIX = 'bk-db-test-';

/** Losing data is no loss here, and waiting for disks is. */
const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** vitest's global setup: starts the server by the program's own code, and returns what takes it away. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepKilledRuns();
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // The account that root lends to the server has to pass through.
  await chmod(directory, 0o711);
  const deps = serverDeps(directory);
  await startServer(deps, { settings: FAST_SETTINGS });
  project.provide('serverUrl', (await serverUrl(deps)).url);
  return async () => {
    await destroyServer(deps);
    await rm(directory, { recursive: true });
  };
}

function serverDeps(directory: string): ServerDeps {
  return {
    runTool: testRunTool,
    env: process.env,
    pgBin: process.env['BK_DB_PG_BIN'],
    home: join(directory, 'home'),
    cwd: directory,
    signal: new AbortController().signal,
  };
}

/** A run that was killed leaves its server behind; its directory carries the run's process number. */
async function sweepKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const directory = join(tmpdir(), name);
    await destroyServer(serverDeps(directory)).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
