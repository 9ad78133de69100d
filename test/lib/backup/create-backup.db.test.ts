import { execa } from 'execa';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBackup, listBackups, verifyBackup } from '../../../src/lib/backup/index.js';
import { withLockFile } from '../../../src/lib/core/lock-file.js';
import {
  backupDeps,
  filledDatabase,
  hasSampleData,
  loadSample,
  takeBackup,
  temporaryStore,
} from '../../support/backup-store.js';
import { HOSTILE_SCHEMA, HOSTILE_TABLES } from '../../support/hostile-schema.js';
import { testOpenTool, testRunTool } from '../../support/pg-run-tool.js';

const verify = (path: string) =>
  verifyBackup(
    { openTool: testOpenTool, signal: new AbortController().signal, onProgress: () => undefined },
    { path, concurrency: 2 },
  );

describe('createBackup', () => {
  it('records what COPY gives for each table, whatever its name and its columns', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase(HOSTILE_SCHEMA);
    const backup = await takeBackup(database.target, store);

    expect(backup.tables).toHaveLength(HOSTILE_TABLES);
    expect(backup.totals.largeObjects).toBe(3);
    const byName = new Map(backup.tables.map((table) => [table.name, table.rows]));
    expect(byName.get('-leading dash')).toBe(50);
    expect(byName.get("it's\ntwo lines")).toBe(2);
    expect(byName.get('zero_columns')).toBe(2);
    expect(byName.get('empty_table')).toBe(0);
    expect(backup.sequences).toContainEqual({
      schema: 'public',
      name: 'Weird "Seq"',
      lastValue: '-9007199254740993',
      isCalled: true,
    });
    expect(await verify(backup.path)).toMatchObject({ ok: true, problems: [] });
  });

  it('writes private files, whatever the umask, which stock tools can check', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase('create table t as select 1 as v');
    const before = process.umask(0);
    const backup = await takeBackup(database.target, store).finally(() => process.umask(before));

    const entries = await readdir(store, { withFileTypes: true, recursive: true });
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect(mode & 0o777, entry.name).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
    await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: backup.path });
    await execa('pg_restore', ['--file=/dev/null', join(backup.path, 'dump')]);
  });

  it('is one consistent snapshot while rows are being written', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase(
      'create table a (v int); create table b (v int); insert into a select generate_series(1, 20000)',
    );
    const writing = new AbortController();
    const writer = (async () => {
      for (let i = 0; !writing.signal.aborted; i++)
        await database.sql`with one as (insert into a values (${i})) insert into b values (${i})`;
    })();
    const backup = await takeBackup(database.target, store);
    writing.abort();
    await writer;
    const rows = Object.fromEntries(backup.tables.map((table) => [table.name, table.rows]));
    expect(rows['a']).toBe(20_000 + (rows['b'] ?? 0));
  });

  it('survives the limits that an administrator set for queries', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase(
      'create table big as select repeat(md5(i::text), 40) as v from generate_series(1, 60000) i',
    );
    await database.sql.unsafe(`alter database ${database.name} set statement_timeout = '150ms'`);
    await database.sql.unsafe(
      `alter database ${database.name} set idle_in_transaction_session_timeout = '100ms'`,
    );
    await expect(takeBackup(database.target, store)).resolves.toMatchObject({ totals: { rows: 60_000 } });
  });

  it('leaves nothing when pg_dump fails, and names the cause', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase('create table t as select 1 as v');
    const target = { ...database.target, options: '-c default_transaction_isolation=nonsense' };
    await expect(takeBackup(target, store)).rejects.toThrow(/nonsense/);
    await expect(takeBackup({ ...database.target, database: 'no_such_db' }, store)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await readdir(store)).toEqual([]);
  });

  it('refuses before it writes when the role may not read everything', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase(
      'create table seen (v int); create table "hid den" (v int); create table secured (v int); alter table secured enable row level security',
    );
    const role = `reader_${database.name}`;
    await database.sql.unsafe(
      `create role ${role} login password 'x'; grant select on seen, secured to ${role}`,
    );
    const limited = { ...database.target, options: `-c role=${role}` };
    try {
      await expect(takeBackup(limited, store)).rejects.toMatchObject({
        code: 'PERMISSION',
        message: expect.stringContaining('public."hid den"') as string,
      });
      await database.sql.unsafe(`grant select on "hid den" to ${role}`);
      await expect(takeBackup(limited, store)).rejects.toMatchObject({
        code: 'PERMISSION',
        message: expect.stringContaining('row security would hide rows of public.secured') as string,
      });
      expect(await readdir(store)).toEqual([]);
    } finally {
      await database.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    }
  });

  it('removes what an interrupted one left, and says so', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase('create table t as select 1 as v');
    const stale = join(store, database.name, '.20200101T000000Z-0000.partial');
    await mkdir(join(stale, 'dump'), { recursive: true });
    const warnings: string[] = [];
    const deps = backupDeps(database.target, { onWarning: (text) => warnings.push(text) });
    await createBackup(deps, { directory: store, jobs: 1 });
    expect(warnings).toEqual(['removed .20200101T000000Z-0000.partial: a backup that was interrupted']);
    expect((await readdir(join(store, database.name))).filter((name) => name.endsWith('.partial'))).toEqual(
      [],
    );
  });

  it('refuses to run beside another one of the same database', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase('create table t as select 1 as v');
    await mkdir(join(store, database.name));
    const lock = join(store, database.name, '.lock');
    await withLockFile(testRunTool, lock, { object: 'it', waitMs: 0 }, async () => {
      await expect(takeBackup(database.target, store)).rejects.toMatchObject({ code: 'LOCK_HELD' });
    });
    await expect(takeBackup(database.target, store)).resolves.toBeDefined();
  });

  it('stops at the abort signal and leaves nothing', async () => {
    const store = await temporaryStore();
    const database = await filledDatabase('create table t as select 1 as v');
    const controller = new AbortController();
    const deps = backupDeps(database.target, {
      signal: controller.signal,
      onProgress: ({ phase }) => {
        if (phase === 'reading back') controller.abort(new Error('enough'));
      },
    });
    await expect(createBackup(deps, { directory: store, jobs: 1 })).rejects.toThrow('enough');
    expect(await readdir(join(store, database.name))).toEqual(['.lock']);
    expect((await listBackups(store)).backups).toEqual([]);
  });

  it('says that the store cannot be written', async () => {
    const database = await filledDatabase('select 1');
    await expect(takeBackup(database.target, '/dev/null/store')).rejects.toThrow(/ENOTDIR/);
  });

  it.skipIf(!hasSampleData).each(['pagila', 'chinook', 'northwind', 'world'])(
    'backs up %s and reads it back',
    async (sample) => {
      const store = await temporaryStore();
      const backup = await takeBackup(await loadSample(sample), store);
      expect(backup.totals.rows).toBeGreaterThan(3_000);
      expect(await verify(backup.path)).toMatchObject({ ok: true });
    },
  );
});
