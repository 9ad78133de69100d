import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate } from '../../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';
import { hasPooler, startPooler } from '../../support/pooler.js';

let database: TestDatabase;
let folder: TestMigrations;

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations();
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

it.skipIf(!hasPooler)('runs through a pooler in transaction mode, many at once', async () => {
  const { target } = await startPooler(database);
  await folder.write({
    '1_a.up.sql': 'create table a (id int);',
    '2_i.up.sql': 'insert into a values (1); select pg_sleep(0.05);',
    '3_c.up.sql': '-- bk-db: no-transaction\ncreate index concurrently on a (id);\ninsert into a values (2);',
  });
  const run = () => migrate({ target, signal: new AbortController().signal }, { migrationsDir: folder.dir });
  const results = await Promise.all(Array.from({ length: 5 }, run));
  expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 3]);
  expect(await database.sql`select id from a order by id`).toEqual([{ id: 1 }, { id: 2 }]);
  expect(
    await database.sql`
      select 1 from pg_locks l join pg_database d on d.oid = l.database
       where l.locktype = 'advisory' and d.datname = current_database()`,
  ).toEqual([]);
});

it.skipIf(!hasPooler)(
  "leaves no setting behind in the pooler's sessions, which the application uses next",
  async () => {
    const { target } = await startPooler(database);
    await database.sql.unsafe(`alter database "${database.name}" set statement_timeout = '30s'`);
    await folder.write({
      '1_a.up.sql': 'create table a (id int);',
      '2_c.up.sql': '-- bk-db: no-transaction\ncreate index concurrently on a (id);\nvacuum a;',
    });
    const { openDatabase } = await import('../../../src/lib/core/database.js');
    // Others take turns at the same sessions, so that the migration's own messages meet different ones.
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => openDatabase(target, { pool: { max: 1, prepare: false } })),
    );
    let busy = true;
    const traffic = clients.map(async ({ sql }) => {
      while (busy) await sql`select pg_sleep(0.002)`;
    });
    await migrate({ target, signal: new AbortController().signal }, { migrationsDir: folder.dir });
    busy = false;
    await Promise.all(traffic);
    const held = clients.map(({ sql }) =>
      sql.begin(async (own) => {
        const [row] = await own`
        select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
               current_setting('client_connection_check_interval') as check, pg_sleep(0.1)`;
        return row;
      }),
    );
    for (const row of await Promise.all(held))
      expect(row).toMatchObject({ statement: '30s', lock: '0', check: '0' });
    await Promise.all(clients.map((client) => client.close()));
  },
);
