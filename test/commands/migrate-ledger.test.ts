import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { createMigrations, type TestMigrations } from '../support/migrations.js';

let database: TestDatabase;
let folder: TestMigrations;

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations({
    '0001_a.up.sql': 'create table a (id int);',
    '0001_a.down.sql': 'drop table a;',
    '0002_b.up.sql': 'create table b (id int);',
  });
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

const bk = (args: string) =>
  runCli(['migrate', ...args.split(' ').filter((word) => word !== '')], {
    env: { ...database.env, BK_DB_MIGRATIONS_DIR: folder.dir },
  });

describe('migrate repair', () => {
  it('says what it would do, asks, and does it', async () => {
    await bk('');
    await folder.write({ '0001_a.up.sql': 'create table a (id bigint);', '0002_b.up.sql': undefined });
    const plan = '0001_a: accept as it is now\n0002_b: forget, as its file is gone\n';
    expect(await bk('repair --dry-run')).toMatchObject({ status: 0, stdout: plan });
    expect((await bk('repair')).status).toBe(2);
    expect((await bk('status --check')).status).toBe(16);
    expect(await bk('repair --yes')).toMatchObject({ status: 0, stdout: plan, stderr: 'repaired\n' });
    expect((await bk('status --check')).status).toBe(0);
    expect((await bk('repair --yes')).stdout).toBe('nothing to repair: ledger and files agree\n');
  });
});

describe('migrate baseline', () => {
  it('begins the ledger, once', async () => {
    expect((await bk('baseline 1')).stdout).toBe(
      'the ledger begins at 0001, which covers 1 migration; none was run\n',
    );
    expect((await bk('status --json')).json.data).toMatchObject({ currentVersion: '0001', pending: 1 });
    expect((await bk('baseline 2')).status).toBe(19);
    expect((await bk('baseline 9')).status).toBe(15);
  });
});

describe('migrate adopt', () => {
  it("takes over a tool's ledger", async () => {
    await database.sql`create table schema_migrations (version bigint primary key, dirty boolean not null)`;
    await database.sql`insert into schema_migrations values (2, false)`;
    expect((await bk('adopt --from golang-migrate')).stdout).toBe(
      'adopted 2 migrations from schema_migrations, which is left as it is\n',
    );
    expect((await bk('status --check')).status).toBe(0);
    expect((await bk('adopt --from sqitch')).status).toBe(2);
  });
});

describe('migrate verify and drift', () => {
  it('end with 4 for what they find, and say it', async () => {
    const verified = await bk('verify');
    expect(verified).toMatchObject({
      status: 0,
      stdout: 'reversible    0001_a\nirreversible  0002_b\n',
      stderr: 'verified 2 migrations\n',
    });
    await folder.write({ '0002_b.down.sql': 'select 1;' });
    expect(await bk('verify')).toMatchObject({
      status: 4,
      stdout: 'reversible    0001_a\ndiffers       0002_b\n  + table public.b\n',
    });
    await bk('');
    expect(await bk('drift')).toMatchObject({
      status: 0,
      stdout: 'no drift: the schema is what the migrations up to 0002 make\n',
    });
    await database.sql`alter table a alter id type bigint`;
    const drifted = await bk('drift');
    expect(drifted.status).toBe(4);
    expect(drifted.stdout).toMatch(
      /^~ column public\.a\.id\n {4}expected .*integer.*\n {4}found {4}.*bigint.*\n\n1 difference/,
    );
  });
});

describe('migrate lint', () => {
  it('needs no database, and writes what the reader asks for', async () => {
    await folder.write({ '0002_b.up.sql': 'create table b ();\ndrop table a;\n' });
    const lint = (args: readonly string[]) =>
      runCli(['migrate', 'lint', ...args], { cwd: folder.dir, env: { BK_DB_MIGRATIONS_DIR: folder.dir } });
    const text = await lint([]);
    expect(text.status).toBe(4);
    expect(text.stdout).toContain('0002_b.up.sql:2:1 it removes data');
    expect((await lint(['0001_a.up.sql'])).stdout).toBe('no findings in 1 file\n');
    expect((await lint(['--format', 'github'])).stdout).toMatch(
      /^::warning file=0002_b\.up\.sql,line=2,col=1,title=loses-data::it removes/,
    );
    expect((await lint(['--format', 'sarif'])).json).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: 'loses-data' }] }],
    });
    expect((await lint(['--json'])).json.data.findings).toHaveLength(1);
    expect((await lint(['nowhere.sql'])).status).toBe(22);
    expect(await lint(['--ignore', 'loses-data', '0002_b.up.sql'])).toMatchObject({
      status: 0,
      stdout: 'no findings in 1 file\n',
    });
    expect(await lint(['--ignore', 'nothing'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no lint rule nothing'),
    });
  });
});
