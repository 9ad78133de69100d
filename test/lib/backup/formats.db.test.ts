import { execa } from 'execa';
import { mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockShortage } from '../../../src/lib/backup/check-locks.js';
import { parseCompression, verifyBackup } from '../../../src/lib/backup/index.js';
import type { Backup } from '../../../src/lib/backup/types.js';
import type { CreateBackupOptions } from '../../../src/lib/backup/index.js';
import { restoreBackup } from '../../../src/lib/restore/index.js';
import { ageKey, missingPrograms } from '../../support/age.js';
import {
  backupDeps,
  filledDatabase,
  openForTest,
  takeBackup,
  temporaryName,
  temporaryStore,
} from '../../support/backup-store.js';
import { createDatabase, databaseUrl, serverTarget, type TestDatabase } from '../../support/database.js';
import { HOSTILE_SCHEMA, HOSTILE_TABLES } from '../../support/hostile-schema.js';
import { testOpenTool } from '../../support/pg-run-tool.js';

const missing = await missingPrograms('age', 'age-keygen', 'zstd', 'lz4');
if (missing.length > 0) console.warn(`skipped for want of ${missing.join(', ')}: compressors and encryption`);

/** What does not come from pg_dump itself is skipped where its program is missing. */
const FORMATS: (Partial<CreateBackupOptions> & { name: string; data: string; needs?: string })[] = [
  { name: 'directory', data: 'dump', format: 'directory' },
  { name: 'custom', data: 'dump.custom', format: 'custom' },
  {
    name: 'custom none',
    data: 'dump.custom',
    format: 'custom',
    compression: { algorithm: 'none', level: 0 },
  },
  {
    name: 'custom zstd',
    data: 'dump.custom.zst',
    format: 'custom',
    compression: { algorithm: 'zstd', level: 3 },
    needs: 'zstd',
  },
  { name: 'plain', data: 'dump.sql.gz', format: 'plain' },
  { name: 'plain none', data: 'dump.sql', format: 'plain', compression: { algorithm: 'none', level: 0 } },
  {
    name: 'plain lz4',
    data: 'dump.sql.lz4',
    format: 'plain',
    compression: { algorithm: 'lz4', level: 1 },
    needs: 'lz4',
  },
];
const AVAILABLE = FORMATS.filter(({ needs }) => needs === undefined || !missing.includes(needs));

const verify = (path: string, identityFile?: string) =>
  verifyBackup(
    {
      openTool: testOpenTool,
      identityFile,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
    { path, concurrency: 2 },
  );

/** Restores with the library, which proves it too, and returns the database's name. */
async function restore(backup: Backup, identityFile?: string): Promise<string> {
  const into = temporaryName();
  const ownership = { noOwner: false, noPrivileges: false };
  const deps = { ...backupDeps(await serverTarget()), identityFile };
  const { proof } = await restoreBackup(deps, {
    backup,
    into,
    jobs: 2,
    verify: true,
    dryRun: false,
    ownership,
  });
  expect(proof?.mismatches).toEqual([]);
  return into;
}

describe('every format', () => {
  let reference: Backup;
  let database: TestDatabase;
  let store: string;
  beforeAll(async () => {
    database = await createDatabase();
    await database.sql.unsafe(HOSTILE_SCHEMA).simple();
    store = await mkdtemp(join(tmpdir(), 'bk-db-formats-'));
    reference = await takeBackup(database.target, store);
  });
  afterAll(async () => {
    await database.drop();
    await rm(store, { recursive: true });
  });

  it.each(AVAILABLE)('$name: same content, private, verified, restored and proved', async (wanted) => {
    const backup = await takeBackup(database.target, await temporaryStore(), wanted);
    expect(backup.tables).toHaveLength(HOSTILE_TABLES);
    expect(contentOf(backup)).toEqual(contentOf(reference));
    expect(backup.files.map(({ path }) => path.split('/')[0])).toContain(wanted.data);
    for (const entry of await readdir(backup.path, { withFileTypes: true, recursive: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect(mode & 0o777, entry.name).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
    expect(await verify(backup.path)).toMatchObject({ ok: true, contents: true });
    await restore(backup);
  });

  it.each(AVAILABLE)('$name: damage anywhere is found', async (wanted) => {
    const backup = await takeBackup(database.target, await temporaryStore(), wanted);
    const file = join(backup.path, backup.files.find(({ sizeBytes }) => sizeBytes > 100)?.path ?? '');
    const whole = await readFile(file);
    for (let step = 0; step < 8; step++) {
      const bytes = Buffer.from(whole);
      const at = Math.floor((bytes.length * step) / 8);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << step);
      await writeFile(file, bytes);
      expect((await verify(backup.path)).ok, `byte ${at}`).toBe(false);
    }
    await writeFile(file, whole);
    for (const cut of [1, 100, Math.floor(whole.length / 2)]) {
      await truncate(file, whole.length - cut);
      expect((await verify(backup.path)).ok, `${cut} bytes short`).toBe(false);
      await writeFile(file, whole);
    }
    expect(await verify(backup.path)).toMatchObject({ ok: true });
  });
});

describe('a plain script', () => {
  it('is not misled by a function whose text looks like a COPY', async () => {
    const database = await filledDatabase(`
      create table real_table as select 1 as v;
      create function decoy() returns text language sql as $body$ select 'x;
COPY public.fake (a) FROM stdin;
1
\\.
;'::text -- it''s; COPY public.other (a) FROM stdin;
      $body$;
      comment on table real_table is E'COPY public.commented (a) FROM stdin;\\n1\\n\\\\.';`);
    const backup = await takeBackup(database.target, await temporaryStore(), { format: 'plain' });
    expect(backup.tables.map(({ name, rows }) => [name, rows])).toEqual([['real_table', 1]]);
  });

  it('cut exactly after a table is found, though psql would load it', async () => {
    const database = await filledDatabase('create table a as select generate_series(1, 100) as v');
    const backup = await takeBackup(database.target, await temporaryStore(), {
      format: 'plain',
      compression: { algorithm: 'none', level: 0 },
    });
    const file = join(backup.path, 'dump.sql');
    const script = await readFile(file, 'latin1');
    await truncate(file, script.indexOf('\\.\n') + 3);
    expect((await verify(backup.path)).problems[0]).toMatchObject({
      file: 'dump.sql',
      problem: 'the end marker is missing: it is cut short',
    });
  });
});

describe('without bk-db', () => {
  it.each(AVAILABLE)('$name is read by sha256sum and the stock tools', async ({ data, ...wanted }) => {
    const database = await filledDatabase('create table t as select generate_series(1, 1000) as v');
    const backup = await takeBackup(database.target, await temporaryStore(), { ...wanted, globals: true });
    await execa('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: backup.path });
    const into = await emptyDatabase();
    const unpack = { '.zst': 'zstd -dcq', '.lz4': 'lz4 -dcq', '.gz': 'gzip -dc' };
    const how = Object.entries(unpack).find(([suffix]) => data.endsWith(suffix))?.[1] ?? 'cat';
    const script =
      wanted.format === 'directory'
        ? `pg_restore -j2 -e -d "$DB" dump`
        : `${how} ${data} | ${wanted.format === 'plain' ? 'psql -qX -v ON_ERROR_STOP=1' : 'pg_restore -e'} -d "$DB" >/dev/null`;
    await stock(script, into, backup.path);
    expect(await (await openForTest(into))`select count(*)::int as n from t`).toEqual([{ n: 1000 }]);
    expect(await readFile(join(backup.path, 'globals.sql'), 'utf8')).toMatch(/CREATE ROLE/);
  });
});

describe.skipIf(missing.length > 0)('encrypted', () => {
  it.each(['custom', 'plain'] as const)(
    '%s: clear text never reaches the disk; read with the key, checked without it',
    async (format) => {
      const { file: identity, recipient } = await ageKey();
      const canary = 'CANARY-of-the-clear-text';
      const database = await filledDatabase(
        `create table secret as select '${canary}'::text || i as v from generate_series(1, 5000) i`,
      );
      const clear = await takeBackup(database.target, await temporaryStore(), { format });
      const none = { algorithm: 'none', level: 0 } as const;
      const options = { format, recipients: [recipient], globals: true, compression: none };
      const backup = await takeBackup(database.target, await temporaryStore(), options);
      expect(backup.encryption).toEqual({ method: 'age', recipients: [recipient] });
      expect(contentOf(backup)).toEqual(contentOf(clear));
      for (const { path } of backup.files) {
        expect(path).toMatch(/\.age$/);
        expect((await readFile(join(backup.path, path))).includes(canary)).toBe(false);
      }
      expect(await verify(backup.path)).toMatchObject({ ok: true, contents: false });
      expect(await verify(backup.path, identity)).toMatchObject({ ok: true, contents: true });
      await restore(backup, identity);

      const into = await emptyDatabase();
      const data = backup.files[0]?.path ?? '';
      const reader = format === 'plain' ? 'psql -qX -v ON_ERROR_STOP=1' : 'pg_restore -e';
      await stock(`age -d -i ${identity} ${data} | ${reader} -d "$DB"`, into, backup.path);
      expect(await (await openForTest(into))`select count(*)::int as n from secret`).toEqual([{ n: 5000 }]);
    },
  );

  it('a wrong key is not called corruption, and a damaged file is not called a wrong key', async () => {
    const [mine, other] = [await ageKey(), await ageKey()];
    const database = await filledDatabase('create table t as select generate_series(1, 50000) as v');
    const backup = await takeBackup(database.target, await temporaryStore(), {
      recipients: [mine.recipient],
    });
    await expect(verify(backup.path, other.file)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('is not one of those') as string,
    });
    await expect(verify(backup.path, '/no/such/key')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(restore(backup)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const file = await open(join(backup.path, 'dump.custom.age'), 'r+');
    await file.write(Buffer.from([0]), 0, 1, (await file.stat()).size - 100);
    await file.close();
    for (const key of [undefined, mine.file])
      expect(await verify(backup.path, key)).toMatchObject({
        ok: false,
        problems: [{ file: 'dump.custom.age' }],
      });
  });

  it('refuses what cannot be, before anything is written', async () => {
    const { recipient } = await ageKey();
    const store = await temporaryStore();
    const { target } = await filledDatabase('create table t as select 1 as v');
    const refused = (options: Partial<CreateBackupOptions>) =>
      expect(takeBackup(target, store, options)).rejects;
    await refused({ recipients: ['age1nonsense'] }).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('age1nonsense') as string,
    });
    await refused({ recipients: [recipient], format: 'directory' }).toMatchObject({ code: 'USAGE' });
    await refused({ format: 'plain', fingerprint: false }).toMatchObject({ code: 'USAGE' });
    expect(await readdir(store)).toEqual([]);
  });
});

describe('--no-fingerprint', () => {
  it.each(['directory', 'custom'] as const)('%s: files are checked, rows are not', async (format) => {
    const { target } = await filledDatabase('create table t as select generate_series(1, 1000) as v');
    const backup = await takeBackup(target, await temporaryStore(), { format, fingerprint: false });
    expect(backup).toMatchObject({ fingerprint: false, totals: { tables: 1, rows: null } });
    expect(backup.tables).toMatchObject([{ name: 't', rows: null, sha256: null }]);
    expect(await verify(backup.path)).toMatchObject({ ok: true });
    const into = temporaryName();
    const ownership = { noOwner: false, noPrivileges: false };
    const options = { backup, into, jobs: 1, verify: true, dryRun: false, ownership };
    expect(await restoreBackup(backupDeps(await serverTarget()), options)).toMatchObject({ proof: null });
  });
});

it('refuses more tables than the server has room for locks, and says what to set', () => {
  expect(lockShortage({ tables: 6_400, room: 6_400, slots: 100 })).toBeUndefined();
  expect(lockShortage({ tables: 20_000, room: 6_400, slots: 100 })).toMatchObject({
    code: 'TOOL_FAILED',
    hint: expect.stringContaining('max_locks_per_transaction to 210') as string,
  });
});

it.each([
  ['auto', 'auto'],
  ['none', { algorithm: 'none', level: 0 }],
  ['gzip', { algorithm: 'gzip', level: 1 }],
  ['zstd:19', { algorithm: 'zstd', level: 19 }],
  ['lz4', { algorithm: 'lz4', level: 1 }],
  ['zstd:20', undefined],
  ['gzip:0', undefined],
  ['gzip:', undefined],
  ['xz', undefined],
])('--compress %s', (text, expected) => {
  expect(parseCompression(text)).toEqual(expected);
});

/** A database made by hand, for the stock tools; it goes away with the test. */
async function emptyDatabase(): Promise<string> {
  const name = temporaryName();
  const sql = await openForTest('postgres');
  await sql.unsafe(`create database "${name}" template template0`);
  return name;
}

/** Runs a shell's pipe in the backup's directory; DB is the database's URL. */
async function stock(script: string, database: string, cwd: string): Promise<void> {
  await execa('bash', ['-o', 'pipefail', '-c', script], { cwd, env: { DB: databaseUrl(database) } });
}

function contentOf({ tables, sequences, largeObjects }: Backup) {
  const named = tables.map((table) => ({ ...table, file: '' }));
  return { tables: sorted(named), sequences: sorted(sequences), largeObjects };
}

function sorted<T extends { readonly schema: string; readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (`${a.schema}.${a.name}` < `${b.schema}.${b.name}` ? -1 : 1));
}
