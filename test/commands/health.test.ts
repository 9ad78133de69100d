import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthReportSchema } from '../../src/lib/health/index.js';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
/** A check that is sure to be critical here. */
let broken: TestDatabase;

beforeAll(async () => {
  [db, broken] = await Promise.all([createDatabase(), createDatabase()]);
  await broken.sql.unsafe(`create table t (id serial); select setval('t_id_seq', 2147483647)`);
});

afterAll(() => Promise.all([db.drop(), broken.drop()]));

const sound = ['--only', 'seq.exhaustion,idx.invalid'];
const exhausted = ['--only', 'seq.exhaustion'];
const deadEnv = { DATABASE_URL: 'postgresql://app@127.0.0.1:1/shop' };

describe('health', () => {
  it('gives one verdict for a person, and ends with 0', async () => {
    const { status, stdout, stderr } = await runCli(['health', ...sound], { env: db.env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^✓ OK {2}2 ok {2}PostgreSQL \d+/);
    expect(stdout).toContain('seq.exhaustion');
  });

  it.each([['--json'], ['--format=json'], ['--format', 'json']])(
    'prints one JSON document with %s',
    async (...flags) => {
      const { status, json } = await runCli(['health', ...flags], { env: db.env });
      expect(json).toMatchObject({ ok: true, command: 'health' });
      expect(healthReportSchema.parse(json.data).findings.length).toBeGreaterThan(15);
      expect([0, 4]).toContain(status);
    },
  );

  it('ends with 4 for critical findings, for a person and in JSON, and says what helps', async () => {
    const human = await runCli(['health', ...exhausted], { env: broken.env });
    expect(human.status).toBe(4);
    expect(human.stdout).toContain('✖ CRITICAL');
    expect(human.stdout).toContain('alter sequence "public"."t_id_seq" as bigint;');
    const { status, json } = await runCli(['health', ...exhausted, '--json'], { env: broken.env });
    expect(status).toBe(4);
    expect(json).toMatchObject({ ok: true, exitStatus: 4, data: { verdict: { status: 'critical' } } });
  });

  it('ends with 0 for the same with --fail-on never', async () => {
    expect((await runCli(['health', ...exhausted, '--fail-on', 'never'], { env: broken.env })).status).toBe(
      0,
    );
  });

  it('speaks to a monitoring system', async () => {
    const good = await runCli(['health', ...sound, '--format', 'nagios'], { env: db.env });
    expect(good).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^BK-DB OK - 2 ok \| critical=0 .*\n$/) as string,
    });
    const bad = await runCli(['health', ...exhausted, '--format=nagios'], { env: broken.env });
    expect(bad).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/^BK-DB CRITICAL - seq.exhaustion: /) as string,
    });
  });

  it('judges by other limits', async () => {
    const limits = ['--only', 'wrap.xid', '--threshold', 'wrap.xid=1:2'];
    expect((await runCli(['health', ...limits], { env: db.env })).status).toBe(4);
    const { status, stderr } = await runCli(['health', '--threshold', 'wrap.xid=soon'], { env: db.env });
    expect(status).toBe(2);
    expect(stderr).toContain('in transactions');
  });

  it('writes markdown', async () => {
    const { stdout } = await runCli(['health', ...exhausted, '--format', 'markdown'], { env: broken.env });
    expect(stdout).toMatch(/^## ✖ critical: 1 critical\n/);
    expect(stdout).toContain('```sql\nalter table "public"."t"');
  });

  it('ends with 10 when the server is dead, and with 2 for a monitoring system', async () => {
    const human = await runCli(['health'], { env: deadEnv });
    expect(human).toMatchObject({
      status: 10,
      stdout: '',
      stderr: expect.stringContaining('nothing listens there') as string,
    });
    const json = await runCli(['health', '--format', 'json'], { env: deadEnv });
    expect(json).toMatchObject({ status: 10, json: { ok: false, error: { code: 'CONNECTION_FAILED' } } });
    const nagios = await runCli(['health', '--format', 'nagios'], { env: deadEnv });
    expect(nagios).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/^BK-DB CRITICAL - cannot connect/) as string,
    });
  });

  it('is no success where nothing is configured', async () => {
    expect((await runCli(['health'])).status).toBe(2);
    expect(await runCli(['health', '--format', 'nagios'])).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/^BK-DB UNKNOWN - /) as string,
    });
  });

  it.each([
    [['--only', 'conn.usde'], 'conn.used'],
    [['--fail-on', 'x'], 'critical'],
  ])('refuses %j and says what there is', async (flags, named) => {
    const { status, stderr } = await runCli(['health', ...flags], { env: db.env });
    expect(status).toBe(2);
    expect(stderr).toContain(named);
  });
});

describe('health of what bk-db itself knows', () => {
  let directory: string;
  let shop: TestDatabase;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bk-db-health-'));
    shop = await createDatabase();
    await mkdir(join(directory, 'migrations'));
    await migration('0001_one.sql', 'create table one (id int primary key);');
  });

  afterAll(async () => {
    await shop.drop();
    await rm(directory, { recursive: true });
  });

  function migration(name: string, sql: string): Promise<void> {
    return writeFile(join(directory, 'migrations', name), sql);
  }

  async function statuses(env: Record<string, string> = {}): Promise<Record<string, string>> {
    const ids = 'migrate.pending,migrate.drift,backup.age,backup.files,toolkit.client';
    const { json } = await runCli(['health', '--json', '--only', ids], {
      cwd: directory,
      env: { ...shop.env, ...env },
    });
    const findings = json.data.findings as { id: string; status: string }[];
    return Object.fromEntries(findings.map(({ id, status }) => [id, status]));
  }

  const migrations = () => ({ BK_DB_MIGRATIONS_DIR: join(directory, 'migrations') });
  const store = () => ({ BK_DB_BACKUP_DIR: join(directory, 'store') });

  it('leaves a foreign database alone', async () => {
    expect(await statuses()).toEqual({
      'migrate.pending': 'skipped',
      'migrate.drift': 'skipped',
      'backup.age': 'skipped',
      'backup.files': 'skipped',
      'toolkit.client': 'ok',
    });
  });

  it('follows the migrations: pending, applied, edited', async () => {
    expect(await statuses(migrations())).toMatchObject({
      'migrate.pending': 'warning',
      'migrate.drift': 'ok',
    });
    expect((await runCli(['migrate'], { env: { ...shop.env, ...migrations() } })).status).toBe(0);
    expect(await statuses(migrations())).toMatchObject({ 'migrate.pending': 'ok', 'migrate.drift': 'ok' });
    expect(await statuses()).toMatchObject({ 'migrate.pending': 'skipped', 'migrate.drift': 'skipped' });
    await migration('0001_one.sql', 'create table one (id bigint primary key);');
    expect(await statuses(migrations())).toMatchObject({
      'migrate.pending': 'ok',
      'migrate.drift': 'critical',
    });
  });

  it('follows the backups: none, fresh, cut short', async () => {
    expect(await statuses(store())).toMatchObject({ 'backup.age': 'critical', 'backup.files': 'skipped' });
    const { json } = await runCli(['backup', '--json'], { env: { ...shop.env, ...store() } });
    expect(await statuses(store())).toMatchObject({ 'backup.age': 'ok', 'backup.files': 'ok' });
    const backup = json.data as { path: string; files: { path: string }[] };
    await rm(join(backup.path, backup.files[0]?.path ?? ''));
    expect(await statuses(store())).toMatchObject({ 'backup.age': 'ok', 'backup.files': 'critical' });
  });
});

describe('health explain', () => {
  it('explains a check without a server', async () => {
    const { status, stdout } = await runCli(['health', 'explain', 'wrap.xid']);
    expect(status).toBe(0);
    expect(stdout).toContain('Limits: warning from 400,000,000, critical from 1,000,000,000.');
  });

  it('lists all without an id', async () => {
    const { json } = await runCli(['health', 'explain', '--json']);
    const ids = (json.data.checks as { id: string }[]).map(({ id }) => id);
    expect(ids).toContain('wrap.xid');
    const { stdout } = await runCli(['health', 'explain']);
    for (const id of ids) expect(stdout).toContain(id);
  });

  it('refuses an unknown one', async () => {
    expect((await runCli(['health', 'explain', 'nonsense'])).status).toBe(2);
  });
});
