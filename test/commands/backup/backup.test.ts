import { appendFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupSchema, catalogueSchema, verificationsSchema } from '../../../src/lib/backup/index.js';
import { restoreResultSchema } from '../../../src/lib/restore/index.js';
import { filledDatabase, openForTest, temporaryName, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';

const SCRIPT = `create table item as select i as id, md5(i::text) as v from generate_series(1, 500) i;
  create table "odd\tname" (v int); create sequence counter; select setval('counter', 9)`;

describe('backup, list, show, verify, restore', () => {
  it('takes a backup, shows it, verifies it, restores it and proves it', async () => {
    const store = await temporaryStore();
    const { env, name } = await filledDatabase(SCRIPT);
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
      'every table equal (2 tables, 500 rows, sha256), 1 sequence too',
    );
    expect(await run('restore', backup.path, '--into', again)).toMatchObject({
      status: 19,
      stdout: '',
      stderr: expect.stringContaining('is not empty: it has') as string,
    });
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

  it('leaves nothing behind when it is stopped, and nothing that is listed when it is killed', async () => {
    const store = await temporaryStore();
    const { env, name, sql } = await filledDatabase(
      `create table big as select i, repeat(md5(i::text), 20) as v from generate_series(1, 60000) i`,
    );
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    for (const ms of [250, 400, 600]) {
      const stopped = await runCli(['backup', '--dir', store, '--json'], {
        env,
        signalAfter: { signal: 'SIGTERM', ms },
      });
      if (stopped.status === 0) break;
      expect(stopped).toMatchObject({ status: 143, json: { error: { code: 'INTERRUPTED' } } });
      expect((await readdir(store)).length).toBeLessThanOrEqual(1);
      const left = await readdir(join(store, name)).catch(() => []);
      expect(left.filter((entry) => entry !== '.lock')).toEqual([]);
    }
    for (const ms of [200, 350, 500, 700]) {
      await runCli(['backup', '--dir', store], { env, signalAfter: { signal: 'SIGKILL', ms } });
      const { json } = await run('backup', 'list');
      expect(json.data.damaged).toEqual([]);
      if (json.data.backups.length > 0)
        expect(await run('backup', 'verify', '--all')).toMatchObject({ status: 0 });
    }
    // pg_dump dies with bk-db: no session of ours is left after a moment.
    await expect
      .poll(
        async () => {
          const rows = await sql`
            select from pg_stat_activity where datname = ${name} and application_name in ('pg_dump', 'bk-db') and pid <> pg_backend_pid()`;
          return rows.filter(Boolean).length;
        },
        { timeout: 5_000 },
      )
      .toBeLessThanOrEqual(3);
    expect(await run('backup')).toMatchObject({ status: 0 });
    const left = await readdir(join(store, name));
    expect(left.filter((entry) => entry.endsWith('.partial'))).toEqual([]);
  });
});
