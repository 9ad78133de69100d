import { execa } from 'execa';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { rounds, smallDisk, tally } from '../support/faults.js';

it(
  'a disk that fills up ends a backup with 22, keeps the older ones, and can be pruned',
  { timeout: 1_800_000 },
  async (test) => {
    const { env } = await filledDatabase(
      // Random, so that it needs about what it holds: 3 MB.
      `create table a as select gen_random_uuid()::text || gen_random_uuid()::text as v from generate_series(1, 45000)`,
    );
    const small = await filledDatabase('create table t as select i from generate_series(1, 100) i');
    const count = rounds(4, 20);
    let full = 0;
    for (let round = 0; round < count; round++) {
      const kibibytes = 200 + Math.round((3_000 * round) / (count - 1));
      const store = await smallDisk(await temporaryStore(), kibibytes);
      if (store === undefined) {
        test.skip('only root may mount the small file system that this needs');
        return;
      }
      const run = (args: string[], own = env) => runCli([...args, '--dir', store, '--json'], { env: own });
      for (let each = 0; each < 2; each++)
        expect(await run(['backup'], small.env)).toMatchObject({ status: 0 });
      const metrics = join(store, '../bk-db-disk.prom');
      const { status, json } = await run(['backup', '--compress', 'none', '--metrics-textfile', metrics]);
      if (status !== 0) {
        full += 1;
        expect({ status, code: json.error.code }, `${kibibytes} KiB: ${json.error.message}`).toEqual({
          status: 22,
          code: 'IO',
        });
        expect(await readFile(metrics, 'utf8')).toContain('code="IO"} 22');
      }
      await rm(metrics, { force: true });
      expect(await run(['backup', 'verify', '--all'])).toMatchObject({ status: 0 });
      const left = await readdir(store, { recursive: true });
      expect(left.filter((name) => name.includes('.partial'))).toEqual([]);
      await execa('sh', ['-c', `cat /dev/zero > '${store}/fill' 2>/dev/null; true`]);
      expect(await run(['backup', 'prune', '--keep-last', '1', '--yes'])).toMatchObject({ status: 0 });
      expect(await run(['backup', 'verify', '--all'])).toMatchObject({ status: 0 });
    }
    expect(full).toBeGreaterThan(count / 2);
    await tally('full disk', full);
  },
);
