import { expect, it } from 'vitest';
import { filledDatabase } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import type { TestDatabase } from '../support/database.js';
import { rounds, tally } from '../support/faults.js';
import { createMigrations } from '../support/migrations.js';
import { hasPooler, startPooler } from '../support/pooler.js';

const TIMEOUT_MS = 3_600_000;
const RUNS = 8;

/** Files that would do their work twice without a word, and ones that a waiting run could keep from ending. */
const FILES = {
  '0001_tables.up.sql': 'create table a (id int); create table b (id int);',
  '0002_insert.up.sql': 'insert into a values (1); select pg_sleep(0.03);',
  '0003_insert.up.sql': 'insert into a values (2);',
  '0004_index.up.sql': 'create index concurrently a_id on a (id);',
  '0005_several.up.sql':
    '-- bk-db: no-transaction\ninsert into a values (3);\ncreate unique index concurrently b_id on b (id);\ninsert into b values (1);\ncreate index concurrently on b (id);',
  '0006_insert.up.sql': 'insert into b values (2);',
} as const;

/** Eight at once on an empty database: the ledger has to be made, too. */
async function expectEachAppliedOnce(
  database: TestDatabase,
  env: Readonly<Record<string, string>>,
  dir: string,
) {
  await database.sql
    .unsafe('drop schema if exists bk_migrations cascade; drop table if exists a, b')
    .simple();
  const args = ['migrate', '--migrations-dir', dir, '--json'];
  const results = await Promise.all(Array.from({ length: RUNS }, () => runCli(args, { env })));
  expect(
    results.map(({ status, stderr }) => ({ status, stderr })).filter(({ status }) => status !== 0),
  ).toEqual([]);
  const applied = results.map(({ json }) => json.data.applied.length as number);
  expect(applied.reduce((sum, count) => sum + count)).toBe(Object.keys(FILES).length);
  expect(await database.sql`select id from a order by id`).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  expect(await database.sql`select id from b order by id`).toEqual([{ id: 1 }, { id: 2 }]);
  expect(
    await database.sql`select indisvalid as valid from pg_index where indrelid in ('a'::regclass, 'b'::regclass)`,
  ).toEqual([{ valid: true }, { valid: true }, { valid: true }]);
  expect(
    await database.sql`
      select l.pid from pg_locks l join pg_database d on d.oid = l.database
       where l.locktype = 'advisory' and d.datname = current_database()`,
  ).toEqual([]);
}

it(
  'eight runs at once: all end with 0, each migration is applied once, no lock is left',
  { timeout: TIMEOUT_MS },
  async () => {
    const database = await filledDatabase('');
    const folder = await createMigrations(FILES);
    const count = rounds(2, 20);
    for (let round = 0; round < count; round++)
      await expectEachAppliedOnce(database, database.env, folder.dir);
    await folder.remove();
    await tally('eight migrate runs at once', count);
  },
);

it.skipIf(!hasPooler)('the same through pgbouncer in transaction mode', { timeout: TIMEOUT_MS }, async () => {
  const database = await filledDatabase('');
  const { env } = await startPooler(database);
  const folder = await createMigrations(FILES);
  const count = rounds(2, 20);
  for (let round = 0; round < count; round++) await expectEachAppliedOnce(database, env, folder.dir);
  await folder.remove();
  await tally('eight migrate runs at once through pgbouncer', count);
});
