import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate, migrationStatus, revertMigrations } from '../../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';

let database: TestDatabase;
let folder: TestMigrations;

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations({
    '1_a.up.sql': 'create table a (id int); insert into a values (1), (1);',
  });
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

const deps = () => ({ target: database.target, signal: new AbortController().signal });
const run = () => migrate(deps(), { migrationsDir: folder.dir });
const indexes = async () =>
  database.sql<{ name: string; valid: boolean }[]>`
    select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 'a'::regclass order by 1`;
const count = async () => (await database.sql<{ n: number }[]>`select count(*)::int as n from a`)[0]?.n;
const NONE = '-- bk-db: no-transaction\n';

it('builds two indexes concurrently in one file', async () => {
  await folder.write({
    '2_i.up.sql': `${NONE}create index concurrently one on a (id);\ncreate index concurrently two on a (id);`,
  });
  await run();
  expect(await indexes()).toEqual([
    { name: 'one', valid: true },
    { name: 'two', valid: true },
  ]);
  expect(await database.sql`select * from bk_migrations.statement`).toEqual([]);
});

it('goes on where it failed: nothing runs twice, and the invalid index is made again', async () => {
  await folder.write({
    '2_i.up.sql': `${NONE}insert into a values (2);\ncreate unique index concurrently one on a (id);\ninsert into a values (3);`,
  });
  await expect(run()).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    details: { line: 3, column: 1, outcome: expect.stringContaining('1 of 3 statements') },
  });
  expect(await indexes()).toEqual([{ name: 'one', valid: false }]);
  const { migrations } = await migrationStatus(deps(), { migrationsDir: folder.dir });
  expect(migrations[1]?.state).toBe('unfinished');
  await database.sql`delete from a where id = 1`;
  await run();
  expect(await indexes()).toEqual([{ name: 'one', valid: true }]);
  expect(await count()).toBe(2);
});

it('may be corrected in what is not done yet, but not in what is', async () => {
  await folder.write({ '2_i.up.sql': `${NONE}insert into a values (2);\nselect nope;` });
  await expect(run()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await folder.write({ '2_i.up.sql': `${NONE}insert into a values (22);\nselect 1;` });
  await expect(run()).rejects.toMatchObject({ code: 'MIGRATION_DRIFT' });
  await folder.write({ '2_i.up.sql': `${NONE}-- said again\nINSERT INTO a VALUES (2);\nselect 1;` });
  await run();
  expect(await count()).toBe(3);
});

it('records an index that was finished but not recorded', async () => {
  await folder.write({ '2_i.up.sql': `${NONE}create index concurrently one on a (id);\nselect nope;` });
  await expect(run()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await database.sql`update bk_migrations.statement set finished_at = null`;
  await folder.write({ '2_i.up.sql': `${NONE}create index concurrently one on a (id);\nselect 1;` });
  expect((await run()).applied).toHaveLength(1);
});

it('does not take an index of another origin for its own', async () => {
  await database.sql`create table a (id int)`;
  await database.sql`create index one on a (id)`;
  await folder.write({ '1_a.up.sql': 'create index concurrently one on a (id);' });
  await expect(run()).rejects.toMatchObject({ details: { sqlState: '42P07' } });
  await expect(run()).rejects.toMatchObject({ details: { sqlState: '42P07' } });
});

it('keeps a BEGIN ... COMMIT of the file together', async () => {
  await folder.write({
    '2_i.up.sql': `${NONE}begin; insert into a values (2); select 1/0; commit;\nvacuum a;`,
  });
  await expect(run()).rejects.toMatchObject({ details: { line: 2, sqlState: '22012' } });
  expect(await count()).toBe(2);
});

it('is reverted, in steps of its own', async () => {
  await folder.write({
    '2_i.up.sql': 'create index concurrently one on a (id);',
    '2_i.down.sql': 'drop index concurrently one;',
  });
  await run();
  await revertMigrations(deps(), { migrationsDir: folder.dir });
  expect(await indexes()).toEqual([]);
});
