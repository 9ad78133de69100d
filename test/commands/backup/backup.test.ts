import { execa } from 'execa';
import { appendFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { backupSchema, catalogueSchema, verificationsSchema } from '../../../src/lib/backup/index.js';
import { healthReportSchema } from '../../../src/lib/health/types.js';
import { restoreResultSchema } from '../../../src/lib/restore/types.js';
import { filledDatabase, openForTest, temporaryName, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));

const SCRIPT = `create table item as select i as id, md5(i::text) as v from generate_series(1, 500) i;
  create table "odd\tname" (v int); create sequence counter; select setval('counter', 9)`;

describe('backup, list, show, verify, restore', () => {
  it('takes a backup, shows it, verifies it, restores it and proves it', async () => {
    const store = await temporaryStore();
    const { env, name, sql } = await filledDatabase(SCRIPT);
    const run = (...args: string[]) => runCli([...args, '--dir', store], { env });

    const taken = await run('backup', '--label', 'first', '--json');
    expect(taken.stderr).toBe('');
    const backup = backupSchema.parse(taken.json.data);
    expect(backup).toMatchObject({ database: name, label: 'first', totals: { tables: 2, rows: 500 } });

    const human = await run('backup');
    expect(human).toMatchObject({ status: 0, stderr: '' });
    expect(human.stdout).toMatch(/^backed up .*: \d{8}T\d{6}Z-[0-9a-f]{4}\n/);
    expect(human.stdout).toContain('2 tables, 500 rows, 1 sequence');

    const listed = await run('backup', 'list', '--json');
    const { backups } = catalogueSchema.parse(listed.json.data);
    expect(backups).toHaveLength(2);
    expect(backups[1]).toMatchObject({ id: backup.id, database: name, format: 'directory' });
    expect((await run('backup', 'list')).stdout).toMatch(/^id +database +taken/);

    expect((await run('backup', 'show', backup.id, '--json')).json.data).toEqual(backup);
    expect((await run('backup', 'show', backup.id)).stdout).toContain('public.item');

    const verified = await run('backup', 'verify', '--all', '--json');
    expect(verificationsSchema.parse(verified.json.data).verifications).toHaveLength(2);
    expect((await run('backup', 'verify', 'latest')).stdout).toMatch(/^good +\d{8}T/);

    const rehearsed = await run('backup', 'verify', 'latest', '--restore', '--json');
    expect(verificationsSchema.parse(rehearsed.json.data).verifications[0]?.restoredMs).toBeGreaterThan(0);
    expect(await sql`select from pg_database where starts_with(datname::text, ${`${name}__`})`).toHaveLength(
      0,
    );
    const proof = await run('health', '--only', 'backup.verified', '--json');
    expect(healthReportSchema.parse(proof.json.data).findings[0]?.summary).toMatch(
      /was restored and compared .* ago/,
    );
    expect((await run('backup', 'verify', 'latest')).status).toBe(0);

    const into = temporaryName();
    const restored = await run('restore', backup.id, '--into', into, '--json');
    expect(restoreResultSchema.parse(restored.json.data)).toMatchObject({
      id: backup.id,
      database: into,
      created: true,
      proof: { tables: 2, rows: 500, sequences: 1, mismatches: [] },
    });
    const again = temporaryName();
    expect((await run('restore', 'latest', '--into', again)).stdout).toContain(
      'every table equal (2 tables, 500 rows, sha256); 1 sequence too',
    );
    expect(await run('restore', backup.path, '--into', again)).toMatchObject({
      status: 19,
      stdout: '',
      stderr: expect.stringContaining('is not empty: it has') as string,
    });
  });

  it('ends with 18, and keeps the database, when what was restored is not what was backed up', async () => {
    const store = await temporaryStore();
    // Filling the view again, as a restore must, changes the table.
    const { env } = await filledDatabase(
      `create table touched as select 0 as v;
       create function touch() returns int language sql as 'update public.touched set v = v + 1 returning v';
       create materialized view view as select touch()`,
    );
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    expect(await run('backup')).toMatchObject({ status: 0 });
    const into = temporaryName();
    const { status, json } = await run('restore', 'latest', '--into', into);
    expect({ status, error: json.error }).toMatchObject({
      status: 18,
      error: {
        code: 'VERIFY_MISMATCH',
        message: expect.stringContaining('table public.touched: its rows differ') as string,
        details: { mismatches: [{ kind: 'table', name: 'public.touched' }] },
      },
    });
    // It never gets the name that it was to have.
    const { database } = json.error.details as { database: string };
    expect(database).toMatch(new RegExp(`^${into}__restore_\\d+$`));
    expect(await (await openForTest(database))`select v from touched`).toEqual([{ v: 2 }]);
    expect(await run('backup', 'verify', '--restore')).toMatchObject({ status: 18 });
    await run('restore', 'latest', '--into', temporaryName(), '--no-verify').then((unproved) =>
      expect(unproved).toMatchObject({ status: 0, json: { data: { proof: null } } }),
    );
  });

  it('restores into the configured database when none is named', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase(SCRIPT);
    const { json } = await runCli(['backup', '--dir', store, '--json'], { env });
    const empty = await filledDatabase('select 1');
    const path = String(json.data.path);
    expect(await runCli(['restore', path], { env: empty.env })).toMatchObject({ status: 0 });
    expect(await empty.sql`select count(*)::int as n from item`).toEqual([{ n: 500 }]);
  });

  it('ends with 14, and says which file and table, when a backup is damaged', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase(SCRIPT);
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    const { json } = await run('backup');
    const backup = backupSchema.parse(json.data);
    const file = backup.tables.find((table) => table.name === 'item')?.file ?? '';
    await appendFile(join(backup.path, file), 'x');

    const one = await run('backup', 'verify');
    expect(one).toMatchObject({ status: 14, json: { ok: false, error: { code: 'BACKUP_CORRUPT' } } });
    expect(one.json.error.message).toContain(`${file} (table public.item)`);
    const into = temporaryName();
    expect(await run('restore', 'latest', '--into', into)).toMatchObject({ status: 14 });
    await expect(openForTest(into)).rejects.toMatchObject({ code: 'NOT_FOUND' });

    await rm(join(backup.path, 'manifest.json'));
    expect((await run('backup', 'list')).json).toMatchObject({
      ok: true,
      data: { backups: [], damaged: [{ path: backup.path, problem: 'manifest.json: it is missing' }] },
      warnings: [expect.stringContaining(backup.id)],
    });
    expect(await run('backup', 'verify', '--all')).toMatchObject({ status: 14 });
    expect(await run('backup', 'show', backup.id)).toMatchObject({ status: 14 });
  });

  it('says what is not there', async () => {
    const store = await temporaryStore();
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json']);
    expect((await run('backup', 'list')).json.data).toEqual({ backups: [], damaged: [] });
    expect((await run('backup', 'show', '20200101T000000Z-0000')).json.error).toMatchObject({
      code: 'NOT_FOUND',
      exitStatus: 15,
    });
    expect(await run('backup', 'verify', 'latest')).toMatchObject({ status: 15 });
    expect(await run('backup', 'verify', '/no/such/place')).toMatchObject({ status: 15 });
    expect(await run('backup')).toMatchObject({ status: 2, json: { error: { code: 'CONFIG_INVALID' } } });
    expect(await run('backup', '--jobs', '0')).toMatchObject({
      status: 2,
      json: { error: { code: 'USAGE' } },
    });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves nothing behind when %s stops it', async (signal, status) => {
    const { store, database, child, unlock } = await backupUnderWay();
    child.kill(signal);
    expect(await child).toMatchObject({ exitCode: status, stderr: `error: interrupted by ${signal}` });
    await unlock();
    expect(await readdir(join(store, database.name))).toEqual(['.lock']);
  });

  it('lists nothing half-made after kill -9, leaves no pg_dump, and cleans up with the next backup', async () => {
    const { store, database, child, unlock } = await backupUnderWay();
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], database);
    const beside = await run('backup');
    expect(beside).toMatchObject({ status: 11, json: { error: { code: 'LOCK_HELD' } } });
    expect(beside.json.error.message).toContain(`process ${child.pid}`);

    child.kill('SIGKILL');
    await child;
    await expect.poll(() => pgDumpsOf(store), { timeout: 2_000 }).toEqual([]);
    await unlock();
    expect((await run('backup', 'list')).json.data).toEqual({ backups: [], damaged: [] });
    const next = await run('backup');
    expect(next).toMatchObject({
      status: 0,
      json: { warnings: [expect.stringMatching(/^removed .*partial: a backup that was interrupted$/)] },
    });
    const left = await readdir(join(store, database.name));
    expect(left.sort()).toEqual(['.lock', next.json.data.id]);
  });
});

/** A backup whose pg_dump waits for a lock, so that it is certainly half-made. */
async function backupUnderWay() {
  const store = await temporaryStore();
  const database = await filledDatabase(SCRIPT);
  const locker = await database.sql.reserve();
  await locker`begin`;
  await locker`lock table item in access exclusive mode`;
  const child = execa(process.execPath, [BIN, 'backup', '--dir', store], {
    env: { PATH: process.env['PATH'], HOME: store, ...database.env },
    extendEnv: false,
    cwd: store,
    reject: false,
  });
  await expect.poll(() => pgDumpsOf(store), { timeout: 20_000 }).not.toEqual([]);
  const unlock = async () => {
    await locker`rollback`;
    locker.release();
  };
  return { store, database, child, unlock };
}

async function pgDumpsOf(store: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-eo', 'args=']);
  return stdout.split('\n').filter((line) => line.includes('pg_dump') && line.includes(store));
}
