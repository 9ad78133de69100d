import { cp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyBackup, type CreateBackupOptions } from '../../src/lib/backup/index.js';
import type { Backup } from '../../src/lib/backup/types.js';
import { missingPrograms } from '../support/age.js';
import { filledDatabase, takeBackup, temporaryStore } from '../support/backup-store.js';
import { rounds, tally } from '../support/faults.js';
import { testOpenTool } from '../support/pg-run-tool.js';

const TABLES = `create table a as select i, md5(i::text) as v from generate_series(1, 3000) i;
                create table b as select i, md5((-i)::text) as v from generate_series(1, 3000) i;
                create table empty_table (v int); select lo_from_bytea(0, 'large')`;

const none = { algorithm: 'none', level: 0 } as const;
const FORMATS: readonly (Partial<CreateBackupOptions> & {
  readonly name: string;
  readonly needs?: string;
})[] = [
  { name: 'directory gzip', format: 'directory' },
  { name: 'directory none', format: 'directory', compression: none },
  { name: 'custom gzip', format: 'custom' },
  { name: 'custom none', format: 'custom', compression: none },
  { name: 'custom zstd', format: 'custom', compression: { algorithm: 'zstd', level: 3 }, needs: 'zstd' },
  { name: 'plain gzip', format: 'plain' },
  { name: 'plain none', format: 'plain', compression: none },
  { name: 'csv', format: 'csv' },
];
const missing = await missingPrograms('zstd');

const verify = (path: string) =>
  verifyBackup(
    {
      openTool: testOpenTool,
      identityFile: undefined,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
    { path, concurrency: 2 },
  );

async function copyOf(original: Backup): Promise<string> {
  const path = join(await temporaryStore(), original.id);
  await cp(original.path, path, { recursive: true });
  return path;
}

/** Every damage changes a file and gives what changes it back. */
async function expectFound(path: string, file: string, what: string): Promise<void> {
  const { ok, problems } = await verify(path);
  expect(ok, what).toBe(false);
  expect(
    problems.map((problem) => problem.file),
    what,
  ).toContain(file);
}

describe.each(FORMATS.filter(({ needs }) => needs === undefined || !missing.includes(needs)))(
  'a damaged backup: $name',
  { timeout: 1_800_000 },
  ({ name, format, compression }) => {
    const options = { format, compression };
    it('is found out, and the file is named', async () => {
      const { target } = await filledDatabase(TABLES);
      const original = await takeBackup(target, await temporaryStore(), options);
      const path = await copyOf(original);
      const files = [...original.files.map((file) => file.path), 'manifest.json', 'SHA256SUMS'];
      let planted = 0;
      const flips = rounds(12, 100);
      for (let flip = 0; flip < flips; flip++) {
        const file = files[flip % files.length] ?? '';
        const whole = await readFile(join(path, file));
        const bytes = Buffer.from(whole);
        const bit = Math.floor(Math.random() * bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await writeFile(join(path, file), bytes);
        await expectFound(path, file, `${name}: bit ${bit} of ${file}`);
        await writeFile(join(path, file), whole);
        planted += 1;
      }
      for (const file of files) {
        const whole = await readFile(join(path, file));
        for (const size of [whole.length - 1, Math.max(0, whole.length - 100), whole.length >> 1]) {
          await truncate(join(path, file), size);
          await expectFound(path, file, `${name}: ${file} cut to ${size}`);
          await writeFile(join(path, file), whole);
        }
        await rm(join(path, file));
        await expectFound(path, file, `${name}: ${file} removed`);
        await writeFile(join(path, file), whole);
        await writeFile(join(path, `${file}.extra`), '');
        await expectFound(path, `${file}.extra`, `${name}: ${file}.extra added`);
        await rm(join(path, `${file}.extra`));
        planted += 5;
      }
      for (const [index, file] of files.entries()) {
        const other = files[(index + 1) % files.length] ?? '';
        if (other === file) continue;
        await exchange(join(path, file), join(path, other));
        // Without its manifest nothing is known of the rest.
        const named = other === 'manifest.json' ? other : file;
        await expectFound(path, named, `${name}: ${file} and ${other} exchanged`);
        await exchange(join(path, file), join(path, other));
        planted += 1;
      }
      expect(await verify(path), name).toMatchObject({ ok: true, problems: [] });
      await tally('damaged files', planted);
    });
  },
);

describe('no false alarm', { timeout: 1_800_000 }, () => {
  it('a backup of any format verifies, each time', async () => {
    const { target } = await filledDatabase(TABLES);
    const store = await temporaryStore();
    const formats = FORMATS.filter(({ needs }) => needs === undefined || !missing.includes(needs));
    const count = rounds(formats.length, 100);
    for (let run = 0; run < count; run++) {
      const { format, compression } = formats[run % formats.length] ?? {};
      const backup = await takeBackup(target, store, { format, compression });
      expect(await verify(backup.path), format).toMatchObject({ ok: true, problems: [] });
    }
    await tally('clean runs', count);
  });
});

async function exchange(a: string, b: string): Promise<void> {
  await rename(a, `${a}.aside`);
  await rename(b, a);
  await rename(`${a}.aside`, b);
}
