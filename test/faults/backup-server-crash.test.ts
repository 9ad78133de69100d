import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { withDatabase } from '../../src/lib/core/database.js';
import { destroyServer, serverUrl, startServer, useEmbeddedServer } from '../../src/lib/server/index.js';
import { temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { rounds, tally } from '../support/faults.js';
import { testRunTool } from '../support/pg-run-tool.js';

async function ownServer() {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-crash-'));
  await chmod(directory, 0o711);
  const deps = {
    runTool: testRunTool,
    env: process.env,
    pgBin: process.env['BK_DB_PG_BIN'],
    home: join(directory, 'home'),
    cwd: directory,
    signal: new AbortController().signal,
  };
  const start = () => startServer(deps, {});
  onTestFinished(async () => {
    await destroyServer(deps);
    await rm(directory, { recursive: true });
  });
  await start();
  const target = { ...(await useEmbeddedServer(deps)), database: 'postgres' };
  const crash = async () => {
    const files = await readdir(deps.home, { recursive: true });
    const file = files.find((name) => name.endsWith('postmaster.pid')) ?? '';
    const [pid] = (await readFile(join(deps.home, file), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGQUIT');
  };
  return { start, crash, target, url: (await serverUrl(deps)).url.replace('/bk?', '/postgres?') };
}

it('a server that crashes during a backup leaves nothing half-made', { timeout: 1_800_000 }, async () => {
  const server = await ownServer();
  await withDatabase(server.target, {}, async ({ sql }) => {
    await sql.unsafe(
      `create table a as select i, repeat(md5(i::text), 10) as v from generate_series(1, 30000) i;
       create table b as table a`,
    );
  });
  const store = await temporaryStore();
  const env = { DATABASE_URL: server.url };
  const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
  const begun = performance.now();
  expect(await run('backup')).toMatchObject({ status: 0 });
  const wholeMs = performance.now() - begun;
  const count = rounds(2, 20);
  for (let round = 0; round < count; round++) {
    const running = run('backup');
    await sleep((wholeMs * (round + 0.5)) / count);
    await server.crash();
    const { status, json } = await running;
    if (status !== 0)
      expect(json.error.code, json.error.message).toMatch(/TOOL_FAILED|CONNECTION_FAILED|BACKUP_CORRUPT/);
    expect((await run('backup', 'list')).json.data.damaged).toEqual([]);
    await server.start();
  }
  expect(await run('backup', 'verify', '--all')).toMatchObject({ status: 0 });
  expect(await run('backup')).toMatchObject({ status: 0 });
  await tally('server crash', count);
});
