import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  adoptLedger,
  baselineLedger,
  migrate,
  migrationStatus,
  planRepairs,
  repairLedger,
  type ForeignTool,
} from '../../../src/lib/migrate/index.js';
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

const deps = () => ({ target: database.target, signal: new AbortController().signal });
const options = () => ({ migrationsDir: folder.dir });
const states = async () =>
  (await migrationStatus(deps(), options())).migrations.map(({ version, state }) => `${version} ${state}`);

const PAIRS = { '1_a.up.sql': 'select 1;', '2_b.up.sql': 'select 2;', '3_c.up.sql': 'select 3;' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What each tool leaves after it applied the first two of three. */
const LEDGERS: Readonly<Record<ForeignTool, { files: Record<string, string>; sql: string }>> = {
  dbmate: {
    files: { '1_a.sql': '-- migrate:up\n', '2_b.sql': '-- migrate:up\n', '3_c.sql': '-- migrate:up\n' },
    sql: "create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('1'), ('2')",
  },
  'golang-migrate': {
    files: PAIRS,
    sql: 'create table schema_migrations (version bigint primary key, dirty boolean not null); insert into schema_migrations values (2, false)',
  },
  goose: {
    files: { '1_a.sql': '-- +goose Up\n', '2_b.sql': '-- +goose Up\n', '3_c.sql': '-- +goose Up\n' },
    sql: `create table goose_db_version (id serial primary key, version_id bigint not null, is_applied boolean not null, tstamp timestamp default now());
      insert into goose_db_version (version_id, is_applied) values (0, true), (1, true), (2, false), (2, true), (3, true), (3, false)`,
  },
  flyway: {
    files: { 'V1__a.sql': '', 'V2__b.sql': '', 'V3__c.sql': '', 'R__v.sql': '' },
    sql: `create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200), type varchar(20), script varchar(1000), checksum int, installed_by varchar(100), installed_on timestamp default now(), execution_time int, success boolean);
      insert into flyway_schema_history values (0, null, '<< Flyway Schema Creation >>', 'SCHEMA', '"app"', null, 'me', now(), 0, true),
        (1, '1', 'a', 'SQL', 'V1__a.sql', 1, 'me', now(), 5, true), (2, '2', 'b', 'SQL', 'V2__b.sql', 1, 'me', now(), 5, true),
        (3, null, 'v', 'SQL', 'R__v.sql', 1, 'me', now(), 5, true), (4, '3', 'c', 'SQL', 'V3__c.sql', 1, 'me', now(), 5, false)`,
  },
  'node-pg-migrate': {
    files: { '1_a.sql': '', '2_b.sql': '', '3_c.sql': '' },
    sql: "create table pgmigrations (id serial primary key, name varchar(255), run_on timestamp); insert into pgmigrations (name, run_on) values ('1_a', now()), ('2_b', now())",
  },
  'graphile-migrate': {
    files: { '000001.sql': '', '000002-b.sql': '', '000003.sql': '' },
    sql: "create schema graphile_migrate create table migrations (hash text primary key, previous_hash text, filename text, date timestamptz default now()); insert into graphile_migrate.migrations values ('x', null, '000001.sql'), ('y', 'x', '000002-b.sql')",
  },
  drizzle: {
    files: { '0001_a.sql': 'select 1;', '0002_b.sql': 'select 2;', '0003_c.sql': 'select 3;' },
    sql: `create schema drizzle create table __drizzle_migrations (id serial primary key, hash text, created_at bigint); insert into drizzle.__drizzle_migrations (hash, created_at) values ('${sha256('select 1;')}', 1), ('${sha256('select 2;')}', 2)`,
  },
  prisma: {
    files: { '1_a.sql': '', '2_b.sql': '', '3_c.sql': '' },
    sql: `create table _prisma_migrations (id varchar(36) primary key, checksum varchar(64), finished_at timestamptz, migration_name varchar(255), logs text, rolled_back_at timestamptz, started_at timestamptz default now(), applied_steps_count int default 0);
      insert into _prisma_migrations (id, finished_at, migration_name, rolled_back_at) values ('a', now(), '1_a', null), ('b', now(), '2_b', null), ('c', null, '3_c', now())`,
  },
};

describe('adoptLedger', () => {
  it.each(Object.entries(LEDGERS) as [ForeignTool, (typeof LEDGERS)[ForeignTool]][])(
    'takes over what %s applied',
    async (from, { files, sql }) => {
      await folder.write(files);
      await database.sql.unsafe(sql);
      await adoptLedger(deps(), { ...options(), from });
      const found = (await states()).map((line) => line.replace(/^0+/, ''));
      expect(found.slice(0, 3)).toEqual(['1 applied', '2 applied', '3 pending']);
      expect(found.slice(3)).toEqual(from === 'flyway' ? ['R__v applied'] : []);
      await expect(adoptLedger(deps(), { ...options(), from })).rejects.toMatchObject({
        code: 'TARGET_NOT_EMPTY',
      });
    },
  );

  it('refuses what has no file, and says when there is no such table', async () => {
    await folder.write({ '1_a.sql': '-- migrate:up\n' });
    await expect(adoptLedger(deps(), { ...options(), from: 'dbmate' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await database.sql.unsafe(LEDGERS.dbmate.sql);
    await expect(adoptLedger(deps(), { ...options(), from: 'dbmate' })).rejects.toMatchObject({
      code: 'MIGRATION_DRIFT',
      details: { version: '2' },
    });
    expect(await states()).toEqual(['1 pending']);
  });

  it('reads a table of another name', async () => {
    await folder.write(LEDGERS.dbmate.files);
    await database.sql`create schema app`;
    await database.sql`create table app."My versions" (version text)`;
    await database.sql`insert into app."My versions" values ('1')`;
    await adoptLedger(deps(), { ...options(), from: 'dbmate', table: 'app.My versions' });
    expect(await states()).toEqual(['1 applied', '2 pending', '3 pending']);
  });
});

describe('baselineLedger', () => {
  it('covers what comes up to a version; what follows is applied', async () => {
    await folder.write(PAIRS);
    await expect(baselineLedger(deps(), { ...options(), version: '9' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await baselineLedger(deps(), { ...options(), version: '0002' })).toEqual({
      version: '2',
      covered: 2,
    });
    expect(await states()).toEqual(['1 baseline', '2 baseline', '3 pending']);
    expect(await migrate(deps(), options())).toMatchObject({ fromVersion: '2', toVersion: '3' });
    await expect(baselineLedger(deps(), { ...options(), version: '3' })).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
    });
  });
});

describe('repairLedger', () => {
  it('accepts edited files and forgets vanished ones, and nothing that was not agreed to', async () => {
    await folder.write(PAIRS);
    await migrate(deps(), options());
    await folder.write({ '1_a.up.sql': 'select 11;', '2_b.up.sql': undefined });
    const repairs = await planRepairs(deps(), options());
    expect(repairs.map(({ version, action }) => `${version} ${action}`)).toEqual(['1 accept', '2 forget']);
    await folder.write({ '3_c.up.sql': 'select 33;' });
    await repairLedger(deps(), options(), repairs);
    expect(await states()).toEqual(['1 applied', '3 edited']);
  });
});
