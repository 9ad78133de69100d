import { execa } from 'execa';
import { rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryStore } from '../support/backup-store.js';
import { rounds, smallDisk, tally } from '../support/faults.js';
import { createProject } from '../support/project.js';

const MEBIBYTE = 1 << 20;
const DISK_MIB = 300;

const KEPT = `select datname from pg_database where starts_with(datname, 'live__')`;

it(
  'a disk of the server that fills up under restore --replace: the live database is as it was',
  { timeout: 1_800_000 },
  async (test) => {
    const disk = await smallDisk(await temporaryStore(), DISK_MIB * 1024);
    if (disk === undefined) {
      test.skip('only root may mount the small file system that this needs');
      return;
    }
    const project = await createProject({ home: join('..', basename(disk), 'home') });
    const store = await temporaryStore();
    const run = (...args: string[]) => project.run([...args, '--json']);
    expect(await run('init', '--no-seed')).toMatchObject({ status: 0 });
    await project.psql('create database live');
    const url = (await project.run(['server', 'url'])).stdout.trim().replace(/(\/\/[^/]*\/)[^?]*/, '$1live');
    const live = async (...statements: string[]) => {
      const commands = statements.flatMap((sql) => ['-c', sql]);
      return (await execa('psql', ['-XAtqd', url, '-v', 'ON_ERROR_STOP=1', ...commands])).stdout;
    };
    await live(
      `create table a as select i, repeat(md5(i::text), 4) as v from generate_series(1, 90000) i; create index on a (v)`,
    );
    const on = ['--url', url, '--dir', store];
    expect(await run('backup', ...on)).toMatchObject({ status: 0 });
    await live('delete from a where i > 1000', 'vacuum full a', 'checkpoint');
    const content = () => live('select md5(string_agg(a::text, chr(10) order by i)) from a');
    const old = await content();

    const count = rounds(4, 20);
    const seen = { refused: 0, full: 0, restored: 0 };
    for (let round = 0; round < count; round++) {
      // From less than the rows need to as much as everything needs.
      const room = Math.round((2 + (60 * round) / (count - 1)) * MEBIBYTE);
      const { bavail, bsize } = await statfs(disk);
      await execa('fallocate', ['-l', String(bavail * bsize - room), join(disk, 'fill')]);
      const { status, json } = await run('restore', 'latest', '--replace', '--yes', ...on);
      await rm(join(disk, 'fill'));
      // A server that cannot write its log any more stops itself.
      expect(await run('server', 'start')).toMatchObject({ status: 0 });
      if (status === 0) {
        seen.restored++;
        expect(await run('restore', '--undo', '--yes', '--url', url)).toMatchObject({ status: 0 });
        for (const kept of (await project.psql(KEPT)).split('\n'))
          await project.psql(`drop database "${kept}"`);
      } else if (String(json.error.message).includes('space: ')) seen.refused++;
      else {
        seen.full++;
        // The server may have no room for its log either, and then it goes down.
        expect([11, 22], json.error.message).toContain(status);
      }
      expect(await content(), `${room} bytes free`).toBe(old);
    }
    expect(seen.refused).toBeGreaterThan(0);
    expect(seen.full).toBeGreaterThan(0);
    await tally('full disk under a restore', seen.full + seen.refused);
  },
);
