import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogueSchema, createdBackupSchema, pruneResultSchema } from '../../../src/lib/backup/types.js';
import { formatManifest, readManifest, writeManifest } from '../../../src/lib/backup/manifest.js';
import { pulledBackupSchema, pushedBackupSchema } from '../../../src/lib/offsite/types.js';
import { filledDatabase, temporaryName, temporaryStore } from '../../support/backup-store.js';
import { runCli, type RunCliOptions } from '../../support/cli.js';
import { manifestOf } from '../../support/manifest.js';
import { BUCKET, environmentFor, startBadLine, startS3 } from '../../support/s3-server.js';

const CANARY = 'c4n4ry-secret';
/** Random rows, which do not compress: the file needs several parts. */
const LARGE = `create table large as select i, gen_random_uuid()::text || gen_random_uuid()::text as v
               from generate_series(1, 600000) i;
               create table small as select 1 as v`;

type Env = Readonly<Record<string, string>>;

/** Runs `backup ...` on a store, with the storage's environment. */
const runner =
  (store: string, env: Env) =>
  (args: string, more: Env = {}, options: RunCliOptions = {}) =>
    runCli(['backup', ...args.split(' ').filter(Boolean), '--dir', store], {
      env: { ...env, ...more },
      ...options,
    });

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function remoteIds(run: ReturnType<typeof runner>): Promise<string[]> {
  const list = await run('list --remote --json');
  expect(list.status, list.stdout).toBe(0);
  return catalogueSchema.parse(list.json.data).backups.map(({ id }) => id);
}

describe('backup push and pull', () => {
  it('goes to object storage and comes back whole', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const { env, name } = await filledDatabase(
      `create table t as select i from generate_series(1, 1000) i; create table "Weird +/% näme" as select 1 as v`,
    );
    const run = runner(store, { ...env, ...s3.env });
    expect(await run('check --max-age 1d --remote')).toMatchObject({ status: 4 });
    const pushing = await run('--push --globals --json');
    const created = createdBackupSchema.parse(pushing.json.data);
    expect(pushedBackupSchema.parse(pushing.json.data.pushed)).toMatchObject({ id: created.id });
    expect(await run('check --max-age 1d --remote')).toMatchObject({ status: 0 });
    expect(await remoteIds(run)).toEqual([created.id]);

    const again = await run(`push ${created.id} --json`);
    expect(pushedBackupSchema.parse(again.json.data)).toMatchObject({ sentFiles: 0, sentBytes: 0 });
    expect(await run('pull latest')).toMatchObject({ status: 19 });

    const elsewhere = await temporaryStore();
    const there = runner(elsewhere, { ...env, ...s3.env });
    const pulled = pulledBackupSchema.parse((await there('pull --json')).json.data);
    expect(pulled).toMatchObject({
      id: created.id,
      remote: `s3://${BUCKET}/nightly/pg/${name}/${created.id}`,
    });
    expect(await there('verify latest')).toMatchObject({ status: 0 });
    for (const file of await filesBelow(pulled.path)) expect((await stat(file)).mode & 0o777).toBe(0o600);
    const target = temporaryName();
    expect(await runCli(['restore', 'latest', '--dir', elsewhere, '--into', target], { env })).toMatchObject({
      status: 0,
    });
  });

  it('goes on where a killed storage left it, and lists nothing until the manifest is there', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const { env } = await filledDatabase(LARGE);
    const run = runner(store, { ...env, ...s3.env });
    const backup = createdBackupSchema.parse((await run('--compress none --json')).json.data);
    let parts = 0;
    const line = await startBadLine(s3.url, (request) => {
      if (request.url?.includes('partNumber') === true) parts += 1;
      if (parts === 4) void s3.kill();
      return 'pass';
    });
    const broken = await run('push latest --json', line.env);
    expect(broken.status, broken.stdout).toBe(10);
    expect(broken.json.error.code).toBe('CONNECTION_FAILED');
    await s3.start();
    expect(await remoteIds(run)).toEqual([]);
    const notes = await readdir(join(backup.path, '..'));
    expect(notes).toContain(`.${backup.id}.push.json`);

    const resumed = pushedBackupSchema.parse((await run('push latest --json')).json.data);
    // The fourth part began when the first of them was done.
    expect(resumed.sentBytes).toBeLessThan(backup.totals.sizeBytes - 8 * 1024 ** 2 + 4096);
    expect(await remoteIds(run)).toEqual([backup.id]);
    expect(await readdir(join(backup.path, '..'))).not.toContain(`.${backup.id}.push.json`);
    const elsewhere = await temporaryStore();
    const there = runner(elsewhere, { ...env, ...s3.env });
    expect(await there('pull latest')).toMatchObject({ status: 0 });
    expect(await there('verify latest')).toMatchObject({ status: 0 });
  });

  it('tries again what a bad line or a busy storage spoils', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const { env } = await filledDatabase(LARGE);
    const run = runner(store, { ...env, ...s3.env });
    expect(await run('--compress none')).toMatchObject({ status: 0 });
    const line = await startBadLine(s3.url, (request, number) => {
      const isData = request.method === 'PUT';
      if (number % 5 === 0) return 'unavailable';
      if (number % 7 === 0) return 'drop';
      return isData && number % 3 === 0 ? 'garble' : 'pass';
    });
    const pushed = await run('push latest', line.env);
    expect(pushed.status, pushed.stderr).toBe(0);
    const elsewhere = await temporaryStore();
    expect(await runner(elsewhere, { ...env, ...s3.env })('pull')).toMatchObject({ status: 0 });
  });

  it('gives up in words when all of it is spoiled, and shows no secret', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const run = runner(store, { ...env, ...s3.env });
    expect(await run('')).toMatchObject({ status: 0 });
    const onlyData = ({ method }: IncomingMessage) => (method === 'PUT' ? 'garble' : 'pass');
    const line = await startBadLine(s3.url, onlyData);
    const careless = await startBadLine(s3.bareUrl, onlyData);
    const refused = [
      [careless.env, 22, 'received otherwise than it was sent'],
      [line.env, 22, 'XAmzContentSHA256Mismatch'],
      [{ AWS_SECRET_ACCESS_KEY: CANARY }, 21, 'SignatureDoesNotMatch'],
      [{ AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: CANARY }, 21, 'InvalidAccessKeyId'],
      [{ BK_DB_REMOTE: 's3://nothere/x' }, 15, 'NoSuchBucket'],
      [{ BK_DB_REMOTE: `https://u:${CANARY}@h/x` }, 2, 's3://bucket/prefix'],
      [{ AWS_SECRET_ACCESS_KEY: '' }, 2, 'AWS_SECRET_ACCESS_KEY'],
    ] as const;
    for (const [more, status, words] of refused) {
      for (const json of status === 22 ? [''] : ['', ' --json']) {
        const outcome = await run(`push latest --verbose${json}`, more);
        const output = outcome.stdout + outcome.stderr;
        expect(outcome.status, output).toBe(status);
        expect(output).toContain(words);
        if (!JSON.stringify(more).includes('https:')) expect(output).not.toContain(CANARY);
      }
    }
    expect(await remoteIds(run)).toEqual([]);
    // What the careless storage kept of it must not pass for sent.
    expect(await run('push latest')).toMatchObject({ status: 0 });
    const elsewhere = await temporaryStore();
    expect(await runner(elsewhere, { ...env, ...s3.env })('pull')).toMatchObject({ status: 0 });
  });

  it('takes its key from a private credentials file', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const file = join(store, 'credentials');
    await writeFile(
      file,
      '[default]\naws_access_key_id = x\naws_secret_access_key = y\n[offsite]\naws_access_key_id=S3RVER\naws_secret_access_key = S3RVER\n',
    );
    const { AWS_ENDPOINT_URL_S3 = '', BK_DB_REMOTE = '' } = s3.env;
    const own = {
      ...env,
      AWS_ENDPOINT_URL_S3,
      BK_DB_REMOTE,
      AWS_SHARED_CREDENTIALS_FILE: file,
      AWS_PROFILE: 'offsite',
    };
    const run = runner(store, own);
    await chmod(file, 0o644);
    const open = await run('--push');
    expect(open).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('others may read it') as string,
    });
    expect(await readdir(store)).toEqual(['credentials']);
    await chmod(file, 0o600);
    expect(await run('--push')).toMatchObject({ status: 0 });
  });

  it('names what was altered, lost or smuggled in there, and keeps nothing of it', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const { env, name } = await filledDatabase('create table t as select i from generate_series(1, 100) i');
    const run = runner(store, { ...env, ...s3.env });
    const { id } = createdBackupSchema.parse((await run('--push --json')).json.data);
    const elsewhere = await temporaryStore();
    const there = runner(elsewhere, { ...env, ...s3.env });
    const objects = await filesBelow(s3.directory);
    const data = objects.find((path) => path.includes('.dat.gz') && path.endsWith('_object')) ?? '';
    const good = await readFile(data);
    const bad = Buffer.from(good);
    bad[20] = (bad[20] ?? 0) ^ 1;
    await writeFile(data, bad);
    const altered = await there('pull --json');
    expect(altered.json.error).toMatchObject({ code: 'BACKUP_CORRUPT', exitStatus: 14 });
    expect(altered.json.error.message).toContain('.dat.gz');
    expect((await readdir(join(elsewhere, name))).filter((entry) => entry !== '.lock')).toEqual([]);
    await writeFile(data, good);

    const manifest = objects.find((path) => path.includes('manifest.json') && path.endsWith('_object')) ?? '';
    const text = await readFile(manifest, 'utf8');
    const content = JSON.parse(text);
    delete content.checksum;
    const evil = {
      ...content,
      files: [...content.files, { path: '../../../evil', sizeBytes: 0, sha256: '0'.repeat(64) }],
    };
    await writeFile(manifest, formatManifest(evil));
    expect((await there('pull --json')).json.error).toMatchObject({ code: 'BACKUP_CORRUPT' });
    await writeFile(manifest, text.slice(0, -5));
    const list = catalogueSchema.parse((await run('list --remote --json')).json.data);
    expect(list).toMatchObject({
      backups: [],
      damaged: [{ path: `s3://${BUCKET}/nightly/pg/${name}/${id}` }],
    });
  });

  it('does not send what is damaged here', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select i from generate_series(1, 100) i');
    const run = runner(store, { ...env, ...s3.env });
    const { path } = createdBackupSchema.parse((await run('--json')).json.data);
    const { files } = await readManifest(path);
    await writeFile(join(path, files[0]?.path ?? ''), 'x');
    expect(await run('push latest')).toMatchObject({ status: 14 });
    expect(await remoteIds(run)).toEqual([]);
  });

  it('leaves the backup and tells the status when only the push fails', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const run = runner(store, { ...env, ...environmentFor('http://127.0.0.1:47') });
    const file = join(store, 'm.prom');
    const failed = await run(`--push --metrics-textfile ${file}`);
    expect(failed).toMatchObject({ status: 10 });
    expect((await run('list --json')).json.data.backups).toHaveLength(1);
    expect(await readFile(file, 'utf8')).toContain('code="CONNECTION_FAILED"} 10');
  });
});

describe('backup prune --remote', () => {
  it('keeps by the same rules, and sweeps what was begun and not ended', async () => {
    const s3 = await startS3();
    const store = await temporaryStore();
    const run = runner(store, s3.env);
    for (const day of ['01', '02', '03']) {
      const id = `202601${day}T030000Z-aaaa`;
      const time = `2026-01-${day}T03:00:00.000Z`;
      const path = join(store, 'shop', id);
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'SHA256SUMS'), '');
      await writeManifest(path, manifestOf({ id, startedAt: time, finishedAt: time, files: [] }));
      expect(await run(`push ${id}`)).toMatchObject({ status: 0 });
    }
    const dry = pruneResultSchema.parse(
      (await run('prune --remote --keep-last 2 --dry-run --json')).json.data,
    );
    expect(dry).toMatchObject({ removed: 1, dryRun: true });
    expect(await remoteIds(run)).toHaveLength(3);
    expect(await run('prune --remote --yes')).toMatchObject({ status: 2 });
    expect(await run('prune --remote --keep-last 2 --yes')).toMatchObject({ status: 0 });
    expect(await remoteIds(run)).toEqual(['20260103T030000Z-aaaa', '20260102T030000Z-aaaa']);
    const left = (await filesBelow(s3.directory)).filter((path) => path.includes('20260101T030000Z'));
    expect(left).toEqual([]);
    expect(await run('push 20260103T030000Z-aaaa --keep-last 1')).toMatchObject({ status: 0 });
    expect(await remoteIds(run)).toEqual(['20260103T030000Z-aaaa']);
    await rm(store, { recursive: true, force: true });
    expect(await remoteIds(run)).toHaveLength(1);
  });
});
