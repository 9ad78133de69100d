import { execa } from 'execa';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

/** Rounds of a short run; BK_DB_FAULT_ROUNDS=300 makes it a long one. */
const ROUNDS = Number(process.env['BK_DB_FAULT_ROUNDS'] ?? 8);

/** From before bk-db has started to after it has ended, whatever the machine's speed. */
function killTimes(wholeMs: number): number[] {
  return Array.from({ length: ROUNDS }, (_, round) => Math.round((wholeMs * (round + 0.5)) / ROUNDS));
}

async function toolsAtWorkOn(store: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-eo', 'args=']);
  return stdout.split('\n').filter((line) => line.includes('pg_dump') && line.includes(store));
}

describe('kill -9 at any point of a backup', () => {
  it('lists only backups that verify, and leaves no pg_dump at work', async () => {
    const store = await temporaryStore();
    const { env, name } = await filledDatabase(
      `create table a as select i, repeat(md5(i::text), 10) as v from generate_series(1, 30000) i;
       create table b as table a; create table c as table a`,
    );
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    const begun = performance.now();
    expect(await run('backup')).toMatchObject({ status: 0 });
    const wholeMs = performance.now() - begun;

    for (const ms of killTimes(wholeMs)) {
      await runCli(['backup', '--dir', store], { env, signalAfter: { signal: 'SIGKILL', ms } });
      await expect.poll(() => toolsAtWorkOn(store), { timeout: 5_000 }).toEqual([]);
      expect((await run('backup', 'list')).json.data.damaged, `killed after ${ms} ms`).toEqual([]);
    }
    expect(await run('backup', 'verify', '--all')).toMatchObject({ status: 0 });
    expect(await run('backup')).toMatchObject({ status: 0 });
    const names = await readdir(join(store, name));
    expect(names.filter((entry) => entry.endsWith('.partial'))).toEqual([]);
  });
});
