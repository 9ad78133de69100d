import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateResultSchema, migrationStatusSchema } from '../../src/lib/migrate/index.js';
import { runCli, type RunCliOptions } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { createMigrations, type TestMigrations } from '../support/migrations.js';

let database: TestDatabase;
let folder: TestMigrations;

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations({
    '0001_a.up.sql': 'create table a (id int);',
    '0001_a.down.sql': 'drop table a;',
  });
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

const bk = (args: string, options: RunCliOptions = {}) =>
  runCli(['migrate', ...args.split(' ').filter((word) => word !== '')], {
    ...options,
    env: { ...database.env, BK_DB_MIGRATIONS_DIR: folder.dir, ...options.env },
  });

describe('migrate', () => {
  it('says each migration once it is committed, and where the schema is', async () => {
    const { status, stdout, stderr } = await bk('');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'applied 1 migration; the schema is at 0001\n',
    });
    expect(stderr).toMatch(/^applied 0001_a\.up\.sql \(\d+ ms\)\n$/);
    expect((await bk('')).stdout).toBe('up to date at 0001\n');
  });

  it('prints JSON as its schema says', async () => {
    const { json } = await bk('--json');
    expect(migrateResultSchema.parse(json.data).toVersion).toBe('0001');
    expect(migrationStatusSchema.parse((await bk('status --json')).json.data).upToDate).toBe(true);
  });

  it('points at what failed', async () => {
    await folder.write({ '0002_b.up.sql': 'create table b ();\n\tselect nope from a;\n' });
    const { status, stderr } = await bk('');
    expect(status).toBe(17);
    expect(stderr).toContain(
      'error: migration 0002_b failed at 0002_b.up.sql:2:9: column "nope" does not exist',
    );
    expect(stderr).toContain(
      `${folder.dir}/0002_b.up.sql:2:9\n 1 | create table b ();\n 2 |  select nope from a;\n   |         ^\n`,
    );
    expect(stderr).toContain('SQLSTATE 42703; rolled back');
    expect(stderr).not.toContain('applied 0002');
  });

  it('prints the SQL of a dry run on stdout', async () => {
    const { stdout, stderr } = await bk('--dry-run');
    expect(stdout).toContain('create table a (id int);');
    expect(stderr).toContain('nothing was run');
    expect(await database.sql`select to_regclass('a') as a`).toEqual([{ a: null }]);
  });

  it('applies the packaged schema and takes it back', async () => {
    const env = { BK_DB_MIGRATIONS_DIR: undefined };
    expect((await bk('', { env })).status).toBe(0);
    const down = await bk('down --to 0 --yes', { env });
    expect(down.stdout).toMatch(/^reverted \d+ migrations; the schema is at its beginning\n$/);
  });

  it('lets eight runs at once end well', async () => {
    await folder.write({
      '0002_i.up.sql': 'insert into a select pg_sleep(0.1)::text::int where false; insert into a values (1);',
      '0003_i.up.sql': 'create index concurrently on a (id);',
    });
    const runs = await Promise.all(Array.from({ length: 8 }, () => bk('')));
    expect(runs.map(({ status }) => status)).toEqual(Array(8).fill(0));
    expect(runs.filter(({ stdout }) => stdout.startsWith('applied 3'))).toHaveLength(1);
    expect(runs.filter(({ stdout }) => stdout === 'up to date at 0003\n')).toHaveLength(7);
    expect(await database.sql`select count(*)::int as n from a`).toEqual([{ n: 1 }]);
  });

  it('recovers by itself from being killed while it built an index', async () => {
    await folder.write({
      '0002_i.up.sql':
        '-- bk-db: no-transaction\ninsert into a values (0);\ncreate index concurrently one on a (id);\ncreate index concurrently two on a (id);',
    });
    expect((await bk('--to 1')).status).toBe(0);
    // An open transaction that wrote keeps CREATE INDEX CONCURRENTLY waiting.
    const writer = await database.sql.reserve();
    await writer`begin`;
    await writer`insert into a values (1)`;
    const killed = await bk('', { signalAfter: { signal: 'SIGKILL', stderr: /0002_i waits for/ } });
    expect(killed.signal).toBe('SIGKILL');
    await writer`commit`;
    writer.release();
    const again = await bk('');
    expect(again.status, again.stderr).toBe(0);
    expect(
      await database.sql`select bool_and(indisvalid) as valid, count(*)::int as n from pg_index where indrelid = 'a'::regclass`,
    ).toEqual([{ valid: true, n: 2 }]);
    expect(await database.sql`select count(*)::int as n from a where id = 0`).toEqual([{ n: 1 }]);
  });

  it('ends with 130 and leaves nothing when it is interrupted', async () => {
    await folder.write({ '0002_b.up.sql': 'create table b (); select pg_sleep(30);' });
    const { status } = await bk('', { signalAfter: { signal: 'SIGINT', stderr: /applied 0001/ } });
    expect(status).toBe(130);
    expect(await database.sql`select to_regclass('b') as b`).toEqual([{ b: null }]);
    expect(
      await database.sql`select 1 from pg_stat_activity where datname = current_database() and application_name like 'bk-db migrate%'`,
    ).toEqual([]);
  });
});

describe('migrate status', () => {
  it('ends with 4 for pending and 16 for a changed history, with --check only', async () => {
    const checked = async () => (await bk('status --check')).status;
    expect((await bk('status')).status).toBe(0);
    expect(await checked()).toBe(4);
    await bk('');
    expect(await checked()).toBe(0);
    await folder.write({ '0001_a.up.sql': '-- said otherwise\ncreate table A (id INT);\r\n' });
    expect(await checked()).toBe(0);
    await folder.write({ '0001_a.up.sql': 'create table a (id bigint);' });
    expect(await checked()).toBe(16);
    expect((await bk('')).status).toBe(16);
  });

  it('lists states, and says which layout it found', async () => {
    await folder.write({
      '0001_a.up.sql': undefined,
      '0001_a.down.sql': undefined,
      'V1__a.sql': 'select 1;',
    });
    const { stdout } = await bk('status');
    expect(stdout).toBe(
      `pending       1_a\n\nnothing is applied: 1 pending\nmigrations: ${folder.dir} (flyway layout)\n`,
    );
  });
});

describe('migrate down', () => {
  it('needs --yes without a terminal, and names the database', async () => {
    await bk('');
    const { status, stderr } = await bk('down');
    expect(status).toBe(2);
    expect(stderr).toContain('0001_a');
    expect(stderr).toContain(database.name);
    expect((await bk('down --yes')).stdout).toBe('reverted 1 migration; the schema is at its beginning\n');
    expect((await bk('down --yes')).stdout).toBe('nothing to revert\n');
  });
});

describe('migrate create', () => {
  it('prints the files it wrote', async () => {
    const { stdout } = await bk('create add_orders');
    expect(stdout).toBe(`${folder.dir}/0002_add_orders.up.sql\n${folder.dir}/0002_add_orders.down.sql\n`);
  });

  it('does not write into the package', async () => {
    const { status, stderr } = await bk('create x', { env: { BK_DB_MIGRATIONS_DIR: undefined } });
    expect(status).toBe(2);
    expect(stderr).toContain('--migrations-dir');
  });
});
