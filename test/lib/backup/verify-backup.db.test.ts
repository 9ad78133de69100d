import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyBackup } from '../../../src/lib/backup/index.js';
import type { Backup } from '../../../src/lib/backup/types.js';
import { createDatabase } from '../../support/database.js';
import { takeBackup, temporaryStore } from '../../support/backup-store.js';
import { testOpenTool } from '../../support/pg-run-tool.js';

let store: string;
let original: Backup;

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'bk-db-verify-'));
  const database = await createDatabase();
  try {
    await database.sql
      .unsafe(
        `create table a as select i, md5(i::text) as v from generate_series(1, 3000) i;
         create table b as select i, md5(i::text) as v from generate_series(1, 3000) i;
         create table empty_table (v int); select lo_from_bytea(0, 'large')`,
      )
      .simple();
    original = await takeBackup(database.target, store);
  } finally {
    await database.drop();
  }
});
afterAll(() => rm(store, { recursive: true, force: true }));

/** A copy of the backup, damaged by the test. */
async function damaged(damage: (path: string) => Promise<unknown>): Promise<string> {
  const path = join(await temporaryStore(), original.id);
  await cp(original.path, path, { recursive: true });
  await damage(path);
  return path;
}

function verify(path: string) {
  const signal = new AbortController().signal;
  return verifyBackup(
    { openTool: testOpenTool, signal, onProgress: () => undefined },
    { path, concurrency: 2 },
  );
}

const fileOf = (table: string) => original.tables.find(({ name }) => name === table)?.file ?? '';

async function flipBit(file: string, bit: number): Promise<void> {
  const bytes = await readFile(file);
  const at = Math.floor(bit / 8) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
  await writeFile(file, bytes);
}

describe('verifyBackup', () => {
  it('finds nothing wrong with a good backup, wherever it was copied', async () => {
    expect(await verify(await damaged(() => Promise.resolve()))).toMatchObject({
      ok: true,
      tables: 3,
      rows: 6000,
    });
  });

  it('finds a flipped bit anywhere in any file', async () => {
    const path = await damaged(() => Promise.resolve());
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const file = join(entry.parentPath, entry.name);
      const whole = await readFile(file);
      for (let step = 0; step < 12; step++) {
        await flipBit(file, Math.floor((whole.length * 8 * step) / 12) + step);
        const { ok, problems } = await verify(path);
        expect(ok, `${entry.name} step ${step}`).toBe(false);
        expect(problems[0]?.file.endsWith(entry.name), `${entry.name}: ${JSON.stringify(problems)}`).toBe(
          true,
        );
        await writeFile(file, whole);
      }
    }
    expect(await verify(path)).toMatchObject({ ok: true });
  });

  it.each([1, 100, 0.5])('finds every file shortened by %s', async (cut) => {
    const path = await damaged(() => Promise.resolve());
    for (const name of [...original.files.map((file) => file.path), 'SHA256SUMS', 'manifest.json']) {
      const file = join(path, name);
      const whole = await readFile(file);
      const { size } = await stat(file);
      await truncate(file, Math.max(0, Math.floor(cut < 1 ? size * cut : size - cut)));
      expect((await verify(path)).problems[0]?.file, name).toBe(name);
      await writeFile(file, whole);
    }
  });

  it('names the table whose file is missing', async () => {
    const path = await damaged((copy) => rm(join(copy, fileOf('a'))));
    expect((await verify(path)).problems).toEqual([
      { file: fileOf('a'), table: 'public.a', problem: 'it is missing' },
    ]);
  });

  it('names both tables whose files were exchanged', async () => {
    const path = await damaged(async (copy) => {
      await rename(join(copy, fileOf('a')), join(copy, 'aside'));
      await rename(join(copy, fileOf('empty_table')), join(copy, fileOf('a')));
      await rename(join(copy, 'aside'), join(copy, fileOf('empty_table')));
    });
    expect((await verify(path)).problems.map(({ table }) => table).sort()).toEqual([
      'public.a',
      'public.empty_table',
    ]);
  });

  it('finds a file too many, and one that is no plain file', async () => {
    const extra = await damaged((copy) => writeFile(join(copy, 'dump/extra.dat'), 'x'));
    expect((await verify(extra)).problems).toEqual([
      { file: 'dump/extra.dat', table: null, problem: 'it does not belong to the backup' },
    ]);
    const linked = await damaged(async (copy) => {
      await rename(join(copy, fileOf('b')), join(copy, '../b'));
      await symlink('../../b', join(copy, fileOf('b')));
    });
    expect((await verify(linked)).problems).toEqual([
      { file: fileOf('b'), table: 'public.b', problem: 'it is not a plain file' },
    ]);
  });

  it('does not lose its way without a manifest or in a directory that is not there', async () => {
    const path = await damaged((copy) => rm(join(copy, 'manifest.json')));
    expect((await verify(path)).problems).toEqual([
      { file: 'manifest.json', table: null, problem: 'it is missing' },
    ]);
    expect(await verify('/nowhere/at/all')).toMatchObject({ ok: false });
  });
});
