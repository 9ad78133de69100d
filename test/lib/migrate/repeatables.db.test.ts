import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate } from '../../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';

let database: TestDatabase;
let folder: TestMigrations;

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations({ '1_a.up.sql': 'create table parcel (id int, weight int);' });
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

const applied = async (options = {}) => {
  const deps = { target: database.target, signal: new AbortController().signal };
  const result = await migrate(deps, { migrationsDir: folder.dir, ...options });
  return result.applied.map(({ version }) => version);
};

it('run in the order of what they need, not of their names', async () => {
  await folder.write({
    'R__a_report.sql': 'create or replace view report as select * from "Heavy Parcels" where ton(id) > 0;',
    'R__b_heavy.sql':
      'create or replace view public."Heavy Parcels" as select * from v_parcel where weight > 10;',
    'R__c_parcel.sql': 'create or replace view public . v_parcel as select * from parcel;',
    'R__z_ton.sql':
      "create or replace function ton(int) returns int language sql as 'select $1 from half($1)'; -- needs half",
    'R__zz_half.sql': 'create or replace function half(int) returns int return $1 / 2;',
    'R__d_alone.sql': "comment on table parcel is 'what is sent';",
  });
  expect(await applied()).toEqual([
    '1',
    'R__c_parcel',
    'R__b_heavy',
    'R__d_alone',
    'R__zz_half',
    'R__z_ton',
    'R__a_report',
  ]);
  expect(await applied()).toEqual([]);
});

it('run again when their text changes, and only they; a new version comes before them', async () => {
  await folder.write({
    'R__a.sql': 'create or replace view a as select * from b;',
    'R__b.sql': 'create or replace view b as select id from parcel;',
  });
  await applied();
  await folder.write({
    'R__b.sql': 'create or replace view b as select id, weight, size from parcel;',
    '2_size.up.sql': 'alter table parcel add column size int;',
  });
  expect(await applied()).toEqual(['2', 'R__b']);
  await folder.write({
    'R__b.sql': '-- said again\ncreate or replace view b as select id, weight, size from parcel;',
  });
  expect(await applied()).toEqual(['R__b']);
  await folder.write({ 'R__a.sql': undefined });
  expect(await applied()).toEqual([]);
});

it('wait until all versions are there', async () => {
  await folder.write({ 'R__a.sql': 'create view a as select 1;', '2_b.up.sql': 'select 1;' });
  expect(await applied({ to: '1' })).toEqual(['1']);
  expect(await applied({ step: 1 })).toEqual(['2']);
  expect(await applied()).toEqual(['R__a']);
});

it('that mention each other run by name', async () => {
  await folder.write({
    'R__x.sql': 'create or replace function x() returns int language plpgsql as $$ begin return y(); end $$;',
    'R__y.sql': 'create or replace function y() returns int language plpgsql as $$ begin return x(); end $$;',
  });
  expect(await applied()).toEqual(['1', 'R__x', 'R__y']);
});
