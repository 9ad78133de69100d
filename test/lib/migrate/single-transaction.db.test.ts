import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate } from '../../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';

let database: TestDatabase;
let folder: TestMigrations;

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations({
    '1_a.up.sql':
      "set local statement_timeout = '1h'; create table a (id int, t text default current_setting('statement_timeout'));",
    '2_b.up.sql':
      'copy a (id) from stdin;\n1\n2\n\\.\nset search_path = nowhere; create table public.b (id int);',
    '3_c.up.sql': 'insert into a values (3); insert into b select id from a;',
  });
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

const run = (onMigration?: () => void) =>
  migrate(
    { target: database.target, signal: new AbortController().signal, ...(onMigration && { onMigration }) },
    { migrationsDir: folder.dir, singleTransaction: true },
  );
const tables = async () =>
  (
    await database.sql<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`
  ).map(({ name }) => name);

it('applies all files in one transaction, each under settings of its own', async () => {
  expect((await run()).applied.map(({ version }) => version)).toEqual(['1', '2', '3']);
  expect(await database.sql`select id from b order by id`).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  // What the first file set is over in the third; all rows were made at one moment.
  expect(await database.sql`select t from a where id = 3`).toEqual([{ t: '0' }]);
  expect(
    await database.sql`select count(distinct xmin::text)::int as n from (select xmin from a union all select xmin from b) r`,
  ).toEqual([{ n: 1 }]);
  expect(await database.sql`select count(*)::int as n from bk_migrations.ledger`).toEqual([{ n: 3 }]);
});

it.each([
  ['a statement that fails', 'insert into a values (3); select 1/0;', '22012'],
  ['text that is no SQL', 'insert into a values (3); selct;', '42601'],
  ['rows that do not fit', 'copy a (id) from stdin;\nx\n\\.\n', '22P02'],
])('keeps nothing behind %s in the last file', async (_, text, sqlState) => {
  await folder.write({ '3_c.up.sql': text });
  let told = 0;
  await expect(run(() => told++)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    details: { migration: '3_c', sqlState, outcome: 'rolled back, nothing of this run was kept' },
  });
  expect(told).toBe(0);
  expect(await tables()).toEqual([]);
  expect(await database.sql`select 1 from bk_migrations.ledger`).toEqual([]);
  await folder.write({ '3_c.up.sql': 'select 1;' });
  expect((await run()).applied).toHaveLength(3);
});

it('runs nothing when a file cannot be part of it', async () => {
  await folder.write({ '3_c.up.sql': 'create index concurrently on a (id);' });
  await expect(run()).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('outside transactions'),
  });
  expect(await tables()).toEqual([]);
});

it('waits for a table in use and applies all of them then', async () => {
  await database.sql`create table busy (id int)`;
  await folder.write({ '3_c.up.sql': 'alter table busy add column more int;' });
  const busy = database.sql.begin(async (sql) => {
    await sql`select from busy`;
    await sql`select pg_sleep(2)`;
  });
  expect((await run()).applied).toHaveLength(3);
  await busy;
  expect(await database.sql`select id from a order by id`).toEqual([{ id: 1 }, { id: 2 }]);
});
