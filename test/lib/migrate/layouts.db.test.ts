import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate, migrationStatus, revertMigrations } from '../../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';

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

const FUNCTION =
  'create function one() returns int language plpgsql as $$\n-- migrate:down\n-- +goose Down\nbegin return 1; end $$';

/** The same two tables, function and index, as each tool's users write them. */
const LAYOUTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'golang-migrate': {
    '000001_a.up.sql': `BEGIN;\ncreate table a (id int);\n${FUNCTION};\nCOMMIT;\n`,
    '000001_a.down.sql': 'drop function one(); drop table a;',
    '000002_b.up.sql': 'create index concurrently a_id on a (id)',
    '000002_b.down.sql': 'drop index concurrently a_id',
  },
  dbmate: {
    '20240101000000_a.sql': `-- migrate:up\ncreate table a (id int);\n${FUNCTION};\n\n-- migrate:down\ndrop function one();\ndrop table a;\n`,
    '20240102000000_b.sql':
      '-- migrate:up transaction:false\ncreate index concurrently a_id on a (id);\n-- migrate:down transaction:false\ndrop index concurrently a_id;\n',
  },
  goose: {
    '00001_a.sql': `-- +goose Up\ncreate table a (id int);\n-- +goose StatementBegin\n${FUNCTION}\n-- +goose StatementEnd\n\n-- +goose Down\ndrop function one();\ndrop table a;\n`,
    '00002_b.sql':
      '-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently a_id on a (id);\n-- +goose Down\ndrop index concurrently a_id;\n',
  },
  flyway: {
    'V1__a.sql': `create table a (id int);\n${FUNCTION};\n`,
    'U1__a.sql': 'drop function one(); drop table a;',
    'V1_1__b.sql': 'create index concurrently a_id on a (id);',
    'U1_1__b.sql': 'drop index concurrently a_id;',
  },
};

it.each(Object.entries(LAYOUTS))('runs a folder of %s as it is, there and back', async (layout, files) => {
  await folder.write(files);
  const deps = { target: database.target, signal: new AbortController().signal };
  expect((await migrate(deps, { migrationsDir: folder.dir })).applied).toHaveLength(2);
  expect(await database.sql`select one() as one, to_regclass('a_id') is not null as index`).toEqual([
    { one: 1, index: true },
  ]);
  const status = await migrationStatus(deps, { migrationsDir: folder.dir });
  expect(status).toMatchObject({ upToDate: true, layout: layout === 'golang-migrate' ? 'pairs' : layout });
  await revertMigrations(deps, { migrationsDir: folder.dir, to: '0' });
  expect(await database.sql`select to_regclass('a') as a, to_regproc('one') as one`).toEqual([
    { a: null, one: null },
  ]);
});
