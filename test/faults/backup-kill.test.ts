import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import type { TestDatabase } from '../support/database.js';
import { dumpsInto, rounds, tally } from '../support/faults.js';

const TABLES = `create table a as select i, repeat(md5(i::text), 10) as v from generate_series(1, 30000) i;
                create table b as table a; create table c as table a`;
const TIMEOUT_MS = 3_600_000;

/** From before bk-db has started to after it has ended, whatever the machine's speed. */
function killTimes(wholeMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, round) => Math.round((wholeMs * (round + 0.5)) / count));
}

/** Sessions of the database that were not there before; the test's own is not counted. */
async function sessionsSince({ sql }: TestDatabase, since: Date): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from pg_catalog.pg_stat_activity
     where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid()
       and backend_start > ${since}`;
  return row.count;
}

async function prepare() {
  const store = await temporaryStore();
  const database = await filledDatabase(TABLES);
  const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env: database.env });
  const begun = performance.now();
  expect(await run('backup')).toMatchObject({ status: 0 });
  return { store, database, run, wholeMs: performance.now() - begun };
}

async function expectNoneHalfMade({ store, database, run }: Awaited<ReturnType<typeof prepare>>) {
  expect(await run('backup', 'verify', '--all')).toMatchObject({ status: 0 });
  expect(await run('backup')).toMatchObject({ status: 0 });
  const names = await readdir(join(store, database.name));
  expect(names.filter((entry) => entry.endsWith('.partial'))).toEqual([]);
}

describe('kill -9 at any point of a backup', { timeout: TIMEOUT_MS }, () => {
  it('of bk-db: lists only backups that verify, and leaves no pg_dump and no session', async () => {
    const prepared = await prepare();
    const { store, database, run, wholeMs } = prepared;
    const times = killTimes(wholeMs, rounds(8, 200));
    for (const ms of times) {
      const since = new Date();
      await runCli(['backup', '--dir', store], { env: database.env, signalAfter: { signal: 'SIGKILL', ms } });
      await expect.poll(() => dumpsInto(store), { timeout: 2_000 }).toEqual([]);
      await expect.poll(() => sessionsSince(database, since), { timeout: 2_000 }).toBe(0);
      expect((await run('backup', 'list')).json.data.damaged, `killed after ${ms} ms`).toEqual([]);
    }
    await expectNoneHalfMade(prepared);
    await tally('kill -9 of bk-db', times.length);
  });

  it('of pg_dump: the backup fails in words, or was done already', async () => {
    const prepared = await prepare();
    const { store, run } = prepared;
    let killed = 0;
    const wanted = rounds(3, 100);
    for (let round = 0; killed < wanted && round < wanted * 4; round++) {
      const running = run('backup');
      let pids: number[] = [];
      for (let step = 0; pids.length === 0 && step < 200; step++) {
        pids = await dumpsInto(store);
        await sleep(5);
      }
      await sleep(Math.random() * 120);
      const hit = pids.filter((pid) => tryKill(pid));
      const { status, json } = await running;
      if (hit.length > 0) killed += 1;
      if (status !== 0) expect(json.error.code).toMatch(/TOOL_FAILED|BACKUP_CORRUPT/);
      expect((await run('backup', 'list')).json.data.damaged).toEqual([]);
    }
    expect(killed).toBe(wanted);
    await expectNoneHalfMade(prepared);
    await tally('kill -9 of pg_dump', killed);
  });

  it('of the sessions on the server: the backup fails in words', async () => {
    const prepared = await prepare();
    const { database, run, wholeMs } = prepared;
    const times = killTimes(wholeMs, rounds(3, 50));
    for (const ms of times) {
      const running = run('backup');
      await sleep(ms);
      await database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`;
      const { status, json } = await running;
      if (status !== 0) expect(json.error.code).toMatch(/TOOL_FAILED|CONNECTION_FAILED|BACKUP_CORRUPT/);
      expect((await run('backup', 'list')).json.data.damaged, `after ${ms} ms`).toEqual([]);
    }
    await expectNoneHalfMade(prepared);
    await tally('session ended', times.length);
  });
});

/** False when it had ended by itself. */
function tryKill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
