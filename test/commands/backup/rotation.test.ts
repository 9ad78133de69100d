import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeManifest } from '../../../src/lib/backup/manifest.js';
import { backupCheckSchema, createdBackupSchema, pruneResultSchema } from '../../../src/lib/backup/types.js';
import type { BackupManifest } from '../../../src/lib/backup/types.js';
import { filledDatabase, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';
import { manifestOf } from '../../support/manifest.js';

/** Puts a backup of a day into the store; its data is of no concern here. */
async function putBackup(store: string, day: string, changes: Partial<BackupManifest> = {}): Promise<string> {
  const id = `${day.replaceAll('-', '')}T030000Z-aaaa`;
  const time = `${day}T03:00:00.000Z`;
  const manifest = manifestOf({ id, startedAt: time, finishedAt: time, ...changes });
  const path = join(store, manifest.database, id);
  await mkdir(path, { recursive: true });
  await writeManifest(path, manifest);
  return id;
}

const idsIn = async (store: string, database = 'shop') =>
  (await readdir(join(store, database))).filter((name) => !name.startsWith('.')).sort();

describe('backup prune', () => {
  it('shows, then removes, what no rule keeps, and leaves other databases and damaged backups alone', async () => {
    const store = await temporaryStore();
    for (const day of ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04']) await putBackup(store, day);
    await putBackup(store, '2026-01-01', { database: 'shop2' });
    const pinned = await putBackup(store, '2025-12-01', {
      pinned: { at: '2026-01-01T00:00:00Z', reason: null },
    });
    const other = await putBackup(store, '2025-11-01', { systemIdentifier: 'another server' });
    const damaged = await putBackup(store, '2025-10-01');
    await writeFile(join(store, 'shop', damaged, 'manifest.json'), '{}');
    await mkdir(join(store, 'shop', '.20260101T000000Z-dead.partial'));
    const run = (...args: string[]) =>
      runCli(['backup', 'prune', '--dir', store, '--database', 'shop', ...args]);
    const before = await idsIn(store);

    const planned = await run('--keep-last', '2', '--dry-run', '--json');
    expect(pruneResultSchema.parse(planned.json.data)).toMatchObject({ dryRun: true, removed: 2 });
    expect(await run('--keep-last', '2')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Remove 2 of 6 backups') as string,
    });
    expect(await idsIn(store)).toEqual(before);

    const pruned = await run('--keep-last', '2', '--yes');
    expect(pruned).toMatchObject({ status: 0, stderr: '' });
    expect(pruned.stdout).toMatch(/20260102T030000Z-aaaa +shop +100 B +remove +no rule keeps it/);
    expect(pruned.stdout).toContain('dead.partial: a backup that was interrupted');
    expect(await idsIn(store)).toEqual(
      [damaged, other, pinned, '20260103T030000Z-aaaa', '20260104T030000Z-aaaa'].sort(),
    );
    expect(await idsIn(store, 'shop2')).toHaveLength(1);
    expect((await readdir(join(store, 'shop'))).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('refuses a policy without a rule, and one that keeps none', async () => {
    const store = await temporaryStore();
    const id = await putBackup(store, '2026-01-01');
    for (const args of [[], ['--keep-last', '0'], ['--keep-within', 'soon']]) {
      const { status } = await runCli(['backup', 'prune', '--dir', store, '--yes', ...args]);
      expect(status).toBe(2);
    }
    expect(await idsIn(store)).toEqual([id]);
  });
});

describe('rotation and proof', () => {
  it('a backup without fingerprints never takes the place of one that was read back', async () => {
    const store = await temporaryStore();
    const proved = await putBackup(store, '2026-01-01');
    for (const day of ['2026-01-02', '2026-01-03']) await putBackup(store, day, { fingerprint: false });
    const pruned = await runCli(['backup', 'prune', '--dir', store, '--keep-last', '1', '--yes']);
    expect(pruned.status).toBe(0);
    expect(await idsIn(store)).toEqual([proved, '20260103T030000Z-aaaa']);
  });

  it('a backup that verify found damaged takes no place, is no latest, and counts again when it is good', async () => {
    const store = await temporaryStore();
    const { env, name } = await filledDatabase('create table t as select i from generate_series(1, 100) i');
    const run = (...args: string[]) => runCli(['backup', ...args, '--dir', store, '--json'], { env });
    const good = createdBackupSchema.parse((await run()).json.data);
    const bad = createdBackupSchema.parse((await run()).json.data);
    const file = join(bad.path, bad.tables[0]?.file ?? '');
    const whole = await readFile(file);
    await writeFile(file, 'x');
    expect((await run('verify', '--all')).status).toBe(14);
    expect((await run('list')).json.data).toMatchObject({
      backups: [{ id: good.id }],
      damaged: [{ path: bad.path, problem: expect.stringContaining('verify found dump/') as string }],
    });
    expect((await run('show', 'latest')).json.data.id).toBe(good.id);
    expect((await run('check', '--max-age', '1d')).status).toBe(4);
    const newest = createdBackupSchema.parse((await run('--keep-last', '2')).json.data);
    expect(newest.rotated).toEqual([]);
    expect(await idsIn(store, name)).toHaveLength(3);
    await writeFile(file, whole);
    expect((await run('verify', bad.id)).status).toBe(0);
    expect((await run('list')).json.data.damaged).toEqual([]);
  });

  it('caps the total size, keeps a floor, and refuses a floor alone', async () => {
    const store = await temporaryStore();
    for (const day of ['2026-01-01', '2026-01-02', '2026-01-03']) await putBackup(store, day);
    const prune = (...args: string[]) => runCli(['backup', 'prune', '--dir', store, '--yes', ...args]);
    expect((await prune('--min-keep', '1')).status).toBe(2);
    expect((await prune('--max-total-size', 'much')).status).toBe(2);
    expect(
      (await runCli(['backup', '--dir', store, '--min-keep', '1'], { env: { PGHOST: '/x' } })).status,
    ).toBe(2);
    expect((await prune('--max-total-size', '1', '--min-keep', '3')).status).toBe(0);
    expect(await idsIn(store)).toHaveLength(3);
    // What an interrupted push remembered goes with its backup.
    await writeFile(join(store, 'shop', '.20260101T030000Z-aaaa.push.json'), '{}');
    const capped = await prune('--max-total-size', '250');
    expect((await readdir(join(store, 'shop'))).filter((name) => name.includes('push'))).toEqual([]);
    expect(capped.stdout).toMatch(/20260101T030000Z-aaaa .*remove +it exceeds the total size/);
    expect(await idsIn(store)).toHaveLength(2);
  });
});

describe('backup with --keep-...', () => {
  it('removes older ones after a success only', async () => {
    const store = await temporaryStore();
    const { env, name } = await filledDatabase('create table t as select 1 as v');
    const run = (...args: string[]) => runCli(['backup', '--dir', store, '--json', ...args], { env });
    const first = createdBackupSchema.parse((await run()).json.data);
    expect(
      createdBackupSchema.parse((await run('--keep-last', '1', '--no-rotate')).json.data).rotated,
    ).toEqual([]);

    const failed = await runCli(['backup', '--dir', store, '--keep-last', '1'], {
      env: { DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' },
    });
    expect(failed.status).toBe(10);
    expect(await idsIn(store, name)).toHaveLength(2);

    const third = createdBackupSchema.parse((await run('--keep-last', '1')).json.data);
    expect(third.rotated.map(({ id }) => id)).toContain(first.id);
    expect(await idsIn(store, name)).toEqual([third.id]);
  });

  it('loses no good backup in nights with the server down', async () => {
    const store = await temporaryStore();
    for (const day of ['2026-01-01', '2026-01-02', '2026-01-03']) await putBackup(store, day);
    const before = await idsIn(store);
    for (let night = 0; night < 4; night++) {
      const { status } = await runCli(['backup', '--dir', store, '--keep-daily', '3'], {
        env: { DATABASE_URL: 'postgresql://x@127.0.0.1:1/shop' },
      });
      expect(status).toBe(10);
    }
    expect(await idsIn(store)).toEqual(before);
  });
});

describe('backup pin and unpin', () => {
  it('keeps a backup from rotation until it is unpinned', async () => {
    const store = await temporaryStore();
    const { env, name } = await filledDatabase('create table t as select 1 as v');
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    const { json } = await run('backup');
    const id = String(json.data.id);
    const pinned = await run('backup', 'pin', id, '--reason', 'before the upgrade');
    expect(pinned.json.data.pinned).toMatchObject({ reason: 'before the upgrade' });
    expect(await run('backup', 'verify', id)).toMatchObject({ status: 0 });
    await run('backup', '--keep-last', '1');
    expect(await idsIn(store, name)).toHaveLength(2);
    expect((await runCli(['backup', 'list', '--dir', store])).stdout).toContain('pinned');
    expect((await run('backup', 'unpin', id)).json.data.pinned).toBeNull();
    await run('backup', '--keep-last', '1');
    expect(await idsIn(store, name)).toHaveLength(1);
    expect(await run('backup', 'pin', '20200101T000000Z-0000')).toMatchObject({ status: 15 });
  });
});

describe('backup check', () => {
  it('ends with 4 when there is none, when it is too old, too small, or damaged', async () => {
    const store = await temporaryStore();
    const check = async (...args: string[]) => {
      const { status, json } = await runCli(['backup', 'check', '--dir', store, '--json', ...args]);
      return { status, findings: backupCheckSchema.parse(json.data).findings.map(({ kind }) => kind) };
    };
    expect(await check('--max-age', '26h')).toEqual({ status: 4, findings: ['missing'] });
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    await putBackup(store, '2026-01-01', { totals: { ...manifestOf().totals, sizeBytes: 1000 } });
    const recent = await putBackup(store, '2026-01-02', { startedAt: yesterday, finishedAt: yesterday });
    expect(await check('--max-age', '26h')).toEqual({ status: 0, findings: [] });
    expect(await check('--max-age', '20h')).toEqual({ status: 4, findings: ['too old'] });
    expect(await check('--max-age', '26h', '--min-size', '50%')).toEqual({
      status: 4,
      findings: ['too small'],
    });
    expect(await check('--max-age', '26h', '--min-size', '50B')).toEqual({ status: 0, findings: [] });
    expect(await check('--max-age', '26h', '--database', 'sho')).toEqual({
      status: 4,
      findings: ['missing'],
    });
    await rm(join(store, 'shop', recent, 'manifest.json'));
    expect((await check('--max-age', '26h')).findings).toContain('damaged');

    const human = await runCli(['backup', 'check', '--dir', store, '--max-age', '26h']);
    expect(human).toMatchObject({
      status: 4,
      stdout: expect.stringContaining('too old  the newest') as string,
    });
    expect(
      await runCli(['backup', 'check', '--dir', store, '--max-age', '1d', '--min-size', 'big']),
    ).toMatchObject({
      status: 2,
    });
  });
});
