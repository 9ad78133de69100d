import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  currentSchemaVersion,
  migrate,
  migrationStatus,
  revertMigrations,
  type MigrateDeps,
} from '../../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';

let database: TestDatabase;
let folder: TestMigrations;
let notices: string[];

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations();
  notices = [];
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

const deps = (): MigrateDeps => ({
  target: database.target,
  signal: new AbortController().signal,
  onNotice: (text) => notices.push(text),
});
const run = (options: object = {}) => migrate(deps(), { migrationsDir: folder.dir, ...options });
const states = async () =>
  (await migrationStatus(deps(), { migrationsDir: folder.dir })).migrations.map(
    ({ version, state }) => `${version} ${state}`,
  );
const tables = async () =>
  (
    await database.sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`
  ).map(({ name }) => name);

const TWO = { '1_a.up.sql': 'create table a (id int);', '2_b.up.sql': 'create table b ();' };

describe('migrate', () => {
  it('applies what is pending, once', async () => {
    await folder.write(TWO);
    expect(await currentSchemaVersion(database.sql)).toBeNull();
    const first = await run();
    expect(first.applied.map(({ file }) => file)).toEqual(['1_a.up.sql', '2_b.up.sql']);
    expect(first).toMatchObject({ fromVersion: null, toVersion: '2' });
    expect(await run()).toMatchObject({ fromVersion: '2', toVersion: '2', applied: [] });
    expect(await tables()).toEqual(['a', 'b']);
    expect(await currentSchemaVersion(database.sql)).toBe('2');
  });

  it('goes to a version, or so many steps, or only says what it would do', async () => {
    await folder.write({ ...TWO, '3_c.up.sql': 'create table c ();' });
    expect((await run({ to: '1' })).applied).toHaveLength(1);
    expect((await run({ dryRun: true })).planned.map(({ sql }) => sql)).toEqual([
      'create table b ();',
      'create table c ();',
    ]);
    expect((await run({ step: 1 })).toVersion).toBe('2');
    expect(await tables()).toEqual(['a', 'b']);
    await expect(run({ to: '7' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('records a migration together with what it does, or neither', async () => {
    await folder.write({
      ...TWO,
      '2_b.up.sql': 'create table b ();\n\n  insert into a values (1), (2 / 0);',
    });
    await expect(run()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      details: { line: 3, column: 3, sqlState: '22012', outcome: 'rolled back, nothing of it was kept' },
    });
    expect(await tables()).toEqual(['a']);
    expect(await states()).toEqual(['1 applied', '2 pending']);
  });

  it.each([
    ['a syntax error', 'select 1;\nselectt 2;', 2, 1],
    ['an unknown name after non-ASCII text', "select 'äöü😀';\nselect 'ß', nope;", 2, 13],
    ['an error without a position', 'create table x ();\n-- c\ncreate table a ();', 3, 1],
    ['an error in COPY data', 'create table x (i int);\ncopy x from stdin;\n1\nfoo\n\\.\n', 4, 1],
    ['an error in COPY itself', 'create table x (i int);\ncopy nope from stdin;\n1\n\\.\n', 2, 1],
    [
      'a constraint checked at the commit',
      'create table x (i int unique deferrable initially deferred);\ninsert into x values (1), (1);',
      2,
      1,
    ],
  ])('points at %s', async (_, sql, line, column) => {
    await folder.write({ ...TWO, '2_b.up.sql': sql });
    await expect(run()).rejects.toMatchObject({ code: 'MIGRATION_FAILED', details: { line, column } });
    expect(await tables()).toEqual(['a']);
  });

  it('loads the data of COPY FROM STDIN in the same transaction', async () => {
    await folder.write({
      '1_a.up.sql':
        'create table a (id int, t text);\ncopy a from stdin;\n1\tx;\n2\t\\N\n\\.\ninsert into a values (3);\n',
    });
    await run();
    expect(await database.sql`select id, t from a order by id`).toEqual([
      { id: 1, t: 'x;' },
      { id: 2, t: null },
      { id: 3, t: null },
    ]);
  });

  it('lets a file choose its isolation level, and no setting of it outlive the file', async () => {
    await folder.write({
      '1_a.up.sql':
        "set transaction isolation level serializable; set search_path = ''; create role bk_test_role; set role bk_test_role; reset role; drop role bk_test_role;",
      '2_b.up.sql':
        'create table b (path text default current_setting($$search_path$$)); insert into b default values;',
    });
    await run();
    expect(await database.sql`select path from b`).toEqual([{ path: '"$user", public' }]);
  });

  it('sends nothing when an applied file was edited, is gone, or a late one appears', async () => {
    await folder.write({ ...TWO, '3_c.up.sql': 'create table c ();' });
    await run({ to: '1' });
    await folder.write({ '1_a.up.sql': 'create table a (id bigint);' });
    await expect(run()).rejects.toMatchObject({ code: 'MIGRATION_DRIFT' });
    await folder.write({ '1_a.up.sql': undefined });
    await expect(run()).rejects.toMatchObject({ code: 'MIGRATION_DRIFT' });
    await folder.write({
      '1_a.up.sql': '-- only a comment\r\nCREATE TABLE a (id int);',
      '0_late.up.sql': 'select 1;',
    });
    await expect(run()).rejects.toMatchObject({
      code: 'MIGRATION_DRIFT',
      details: { problems: [{ state: 'out-of-order' }] },
    });
    expect(await tables()).toEqual(['a']);
    expect((await run({ allowOutOfOrder: true })).applied).toHaveLength(3);
    expect(await states()).toEqual(['0 applied', '1 cosmetic', '2 applied', '3 applied']);
  });

  it('lets many runs at once apply each migration once', async () => {
    const inserts = [1, 2, 3, 4, 5].map((n) => [
      `${n + 1}_i.up.sql`,
      `insert into a values (${n}); select pg_sleep(0.02);`,
    ]);
    await folder.write({
      '1_a.up.sql': 'create table a (id int);',
      ...Object.fromEntries(inserts),
      '7_x.up.sql': 'create index concurrently on a (id);',
    });
    const results = await Promise.all(Array.from({ length: 6 }, () => run()));
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 0, 7]);
    expect(results.map(({ toVersion }) => toVersion)).toEqual(Array(6).fill('7'));
    expect(await database.sql`select count(*)::int as n from a`).toEqual([{ n: 5 }]);
    expect(
      await database.sql`select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    ).toEqual([]);
    expect(notices.some((notice) => /waiting for another migration run: .*pid \d+/.test(notice))).toBe(true);
  });

  it('gives up at once with a wait of 0 while another run is under way', async () => {
    await folder.write({ '1_a.up.sql': 'select pg_sleep(0.5);' });
    const first = run();
    await expect
      .poll(() => database.sql`select 1 from pg_locks where locktype = 'advisory' and granted`)
      .toHaveLength(1);
    await expect(run({ waitMs: 0 })).rejects.toMatchObject({ code: 'LOCK_HELD' });
    await first;
  });

  it('waits for a database that is not there yet, when it was given the time', async () => {
    await folder.write(TWO);
    const name = `${database.name}_late`;
    const target = { ...database.target, database: name };
    await expect(migrate({ ...deps(), target }, { migrationsDir: folder.dir })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const late = migrate({ ...deps(), target }, { migrationsDir: folder.dir, waitMs: 30_000 });
    await expect.poll(() => notices.find((notice) => notice.includes('waiting for it'))).toContain(name);
    await database.sql`create database ${database.sql(name)}`;
    expect((await late).applied).toHaveLength(2);
    await database.sql`drop database ${database.sql(name)}`;
  });

  it('stops at once when it is told to, and keeps nothing of the file', async () => {
    await folder.write({ ...TWO, '2_b.up.sql': 'create table b (); select pg_sleep(30);' });
    const stop = new AbortController();
    const running = migrate({ ...deps(), signal: stop.signal }, { migrationsDir: folder.dir });
    await expect
      .poll(
        () =>
          database.sql`select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`,
      )
      .toHaveLength(1);
    stop.abort(new Error('stop'));
    await expect(running).rejects.toThrow('stop');
    expect(await tables()).toEqual(['a']);
    expect(
      await database.sql`select 1 from pg_stat_activity where application_name like '%migrate%' and datname = current_database()`,
    ).toEqual([]);
  });
});

describe('a table that is in use', () => {
  const hold = async () => {
    const session = await database.sql.reserve();
    await session`begin`;
    await session`select * from a`;
    return async () => {
      await session`commit`;
      session.release();
    };
  };

  it('is tried again until it is free, and its user is named', async () => {
    await folder.write(TWO);
    await run();
    const letGo = await hold();
    await folder.write({ '3_c.up.sql': 'alter table a add b int;' });
    const migrated = run({ lockTimeoutMs: 50 });
    await expect
      .poll(() => notices.find((notice) => notice.startsWith('3_c waits for')), { timeout: 10_000 })
      .toMatch(/pid \d+/);
    await letGo();
    expect((await migrated).toVersion).toBe('3');
  });

  it('is named when the time is up; nobody queued behind the migration for longer than one attempt', async () => {
    await folder.write(TWO);
    await run();
    const letGo = await hold();
    await folder.write({ '3_c.up.sql': 'alter table a add b int;' });
    await expect(run({ lockTimeoutMs: 300, waitMs: 200 })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/in its way is .*pid \d+.*idle in transaction/),
      details: { sqlState: '55P03' },
    });
    await letGo();
    expect(await states()).toEqual(['1 applied', '2 applied', '3 pending']);
  });
});

describe('revertMigrations', () => {
  const revert = (options: object = {}) =>
    revertMigrations(deps(), { migrationsDir: folder.dir, ...options });

  it('goes back step by step, to a version, or to the beginning, and forward again', async () => {
    await folder.write({ ...TWO, '1_a.down.sql': 'drop table a;', '2_b.down.sql': 'drop table b;' });
    await run();
    expect(await revert({ redo: true })).toMatchObject({ fromVersion: '2', toVersion: '2' });
    expect((await revert()).reverted.map(({ file }) => file)).toEqual(['2_b.down.sql']);
    expect(await tables()).toEqual(['a']);
    await run();
    expect((await revert({ to: '0' })).reverted).toHaveLength(2);
    expect(await tables()).toEqual([]);
    expect(await currentSchemaVersion(database.sql)).toBeNull();
  });

  it('runs nothing when one of them has no way back', async () => {
    await folder.write({ ...TWO, '2_b.down.sql': 'drop table b;' });
    await run();
    await expect(revert({ step: 2 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('1_a'),
    });
    expect(await tables()).toEqual(['a', 'b']);
  });

  it('keeps the row when the way back fails', async () => {
    await folder.write({ ...TWO, '2_b.down.sql': 'drop table b; drop table nope;' });
    await run();
    await expect(revert()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await tables()).toEqual(['a', 'b']);
    expect(await states()).toEqual(['1 applied', '2 applied']);
  });
});
