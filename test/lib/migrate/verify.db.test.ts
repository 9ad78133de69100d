import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDrift, migrate, verifyMigrations } from '../../../src/lib/migrate/index.js';
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
const scratches = () => database.sql`select 1 from pg_database where datname like 'bk_scratch_%'`;

const BASE = {
  '01_base.up.sql': `create table t (id int primary key, a text default 'x', b int not null);
    create type mood as enum ('sad', 'ok');
    create function f() returns int language sql as 'select 1';
    comment on table t is 'first';`,
  '01_base.down.sql': 'drop table t; drop type mood; drop function f();',
};

/** Ways back that leave something, each named by what they leave. */
const FAULTY: readonly (readonly [string, string, string, string])[] = [
  [
    'an index',
    'alter table t add c int; create index i on t (b);',
    'alter table t drop c;',
    '+ index public.t.i',
  ],
  [
    'another default',
    "alter table t alter a set default 'y';",
    'alter table t alter a drop default;',
    '~ column public.t.a',
  ],
  ['another type', 'alter table t alter b type bigint;', '-- nothing\n', '~ column public.t.b'],
  ['a comment', "comment on table t is 'second';", 'comment on table t is null;', '~ table public.t'],
  [
    'a sequence',
    'create sequence s; alter table t add n int;',
    'alter table t drop n;',
    '+ sequence public.s',
  ],
  ['an enum value', "alter type mood add value 'happy';", 'select 1;', '~ type public.mood'],
  [
    'a grant',
    'grant select on t to public; create table u ();',
    'drop table u;',
    '+ grant public on relation public.t',
  ],
  [
    'a trigger',
    'create function g() returns trigger language plpgsql as $$ begin return new; end $$; create trigger r before insert on t for each row execute function g(); create table u ();',
    'drop table u;',
    '+ trigger public.t.r',
  ],
  [
    'a function body',
    "create or replace function f() returns int language sql as 'select 2';",
    "create or replace function f() returns int language sql as 'select 3';",
    '~ function public.f()',
  ],
  ['everything', 'create table u (id int);', '', '+ table public.u'],
  [
    'the order of columns',
    'alter table t drop a;',
    "alter table t add a text default 'x';",
    '~ column public.t.a',
  ],
  [
    'a constraint not valid',
    'alter table t drop constraint t_pkey;',
    'alter table t add constraint t_pkey unique (id);',
    '~ constraint public.t.t_pkey',
  ],
  ['no row security', 'alter table t enable row level security;', 'select 1;', '~ table public.t'],
];

const SIGNS = { extra: '+', missing: '-', changed: '~' };

describe('verifyMigrations', () => {
  it.each(FAULTY)('finds a way back that leaves %s', async (_, up, down, expected) => {
    await folder.write({ ...BASE, '02_x.up.sql': up, '02_x.down.sql': down });
    const { findings, migrations } = await verifyMigrations(deps(), options());
    expect(migrations.map(({ verdict }) => verdict)).toEqual(['reversible', 'differs']);
    expect(findings).toBe(1);
    expect(
      migrations[1]?.differences.map(({ change, kind, name }) => `${SIGNS[change]} ${kind} ${name}`),
    ).toContain(expected);
  });

  it('passes good ones of many kinds, and leaves the database and the server as they were', async () => {
    await folder.write({
      ...BASE,
      '02_x.up.sql': `create schema s; create table s.p (id int, d date) partition by range (d);
        create table s.p1 partition of s.p for values from ('2026-01-01') to ('2027-01-01');
        create view s.v as select id from s.p; create materialized view s.m as select 1 as x; create index on s.m (x);
        create domain s.positive as int check (value > 0); alter table t add policy_id s.positive;
        alter table t enable row level security; create policy own on t using (id = 1);
        create procedure s.pr() language sql begin atomic select 1; end;
        create aggregate s.agg(int) (sfunc = int4pl, stype = int); create statistics s.st on id, b from t;
        grant usage on schema s to public;`,
      '02_x.down.sql': `drop statistics s.st; drop aggregate s.agg(int); drop procedure s.pr(); drop policy own on t;
        alter table t disable row level security; alter table t drop policy_id; drop schema s cascade;`,
      '03_i.up.sql': 'create index concurrently on t (b);',
      '03_i.down.sql': 'drop index concurrently t_b_idx;',
      'R__view.sql': 'create or replace view everything as select * from t;',
    });
    const { findings, migrations } = await verifyMigrations(deps(), options());
    expect(migrations.map(({ verdict }) => verdict)).toEqual([
      'reversible',
      'reversible',
      'reversible',
      'repeatable',
    ]);
    expect(findings).toBe(0);
    expect(
      await database.sql`select to_regclass('t') as t, to_regclass('bk_migrations.ledger') as ledger`,
    ).toEqual([{ t: null, ledger: null }]);
    // Those of tests that run meanwhile go again; one that was left behind would stay.
    await expect.poll(scratches, { timeout: 20_000 }).toEqual([]);
  });

  it('says when the way back fails, and goes on with the next', async () => {
    await folder.write({
      ...BASE,
      '02_x.up.sql': 'create table u ();',
      '02_x.down.sql': 'drop table nope;',
      '03_y.up.sql': 'create table w ();',
      '03_y.down.sql': 'drop table w;',
    });
    const { migrations } = await verifyMigrations(deps(), options());
    expect(migrations.map(({ verdict }) => verdict)).toEqual(['reversible', 'failed', 'reversible']);
    expect(migrations[1]?.error).toContain('02_x.down.sql:1:1');
  });

  it.each([
    'create role {}',
    'do $$ begin create role {}; end $$',
    "do $$ begin execute format('create role %I', '{}'); end $$",
    'alter system set work_mem = 4096',
    'create procedure p() language sql as $$ select 1 $$; call p()',
    'grant pg_monitor to {}',
    "comment on role postgres is 'x'",
    'alter database postgres set work_mem = 4096',
    "select pg_create_physical_replication_slot('{}')",
    "copy (select 1) to program 'true'",
    'do $$ begin perform pg_terminate_backend(0); end $$',
  ])('refuses what a scratch database would not keep in: %s', async (statement) => {
    const role = `verified_${Math.random().toString(36).slice(2, 10)}`;
    const up = statement.replace('{}', role);
    await folder.write({
      ...BASE,
      '02_x.up.sql': `create table u ();\n${up};`,
      '02_x.down.sql': 'drop table u;',
    });
    await expect(verifyMigrations(deps(), options())).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/^02_x\.up\.sql:2:\d+: this statement changes more than its database/),
      hint: expect.stringContaining('--scratch-server'),
    });
    expect(await database.sql`select from pg_roles where rolname = ${role}`).toEqual([]);
    expect(await database.sql`select from pg_file_settings where name = 'work_mem'`).toEqual([]);
  });

  it.each([
    'create table program (id int); do $$ begin alter table program add x int; end $$; drop table program',
    'do $$ begin /* grant the app access to it */ perform 1; end $$',
    "create function ends() returns void language sql as 'select pg_terminate_backend(0)'; drop function ends()",
    "do $$ begin if not exists (select from pg_type where typname = 'm') then create type m as enum ('a'); end if; end $$",
    'do $$ begin grant select on t to public; end $$; revoke select on t from public',
    'create user mapping for public server nowhere',
  ])('takes a block that stays in its database: %s', async (up) => {
    const down = 'drop type if exists m; drop user mapping if exists for public server nowhere;';
    const server = 'create foreign data wrapper fw; create server nowhere foreign data wrapper fw;';
    await folder.write({
      '01_a.up.sql': `create table t (); ${server}`,
      '02_x.up.sql': `${up};`,
      '02_x.down.sql': down,
    });
    const { migrations } = await verifyMigrations(deps(), options());
    expect(migrations.map(({ verdict }) => verdict)).toEqual(['irreversible', 'reversible']);
  });

  it('drops its database also when a migration cannot be applied', async () => {
    await folder.write({ '01_x.up.sql': 'select nope;' });
    await expect(verifyMigrations(deps(), options())).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    // Those of tests that run meanwhile go again; one that was left behind would stay.
    await expect.poll(scratches, { timeout: 20_000 }).toEqual([]);
  });
});

describe('findDrift', () => {
  it('finds none in what the migrations made, and each change beside them', async () => {
    await folder.write({ ...BASE, '02_late.up.sql': 'create table late ();' });
    await migrate(deps(), { ...options(), to: '1' });
    expect((await findDrift(deps(), options())).differences).toEqual([]);
    await database.sql`alter table t add stray int, alter b drop not null`;
    await database.sql`drop function f()`;
    await database.sql`create table stray (id int primary key)`;
    const { differences } = await findDrift(deps(), options());
    expect(differences.map(({ change, kind, name }) => `${SIGNS[change]} ${kind} ${name}`)).toEqual([
      '- function public.f()',
      '+ table public.stray',
      '~ column public.t.b',
      '+ column public.t.stray',
    ]);
  });

  it('runs nothing again that changes more than a database, and says so', async () => {
    const role = `drifting_${Math.random().toString(36).slice(2, 10)}`;
    await folder.write({
      ...BASE,
      '02_role.up.sql': `create role ${role};\ngrant select on t to ${role};`,
      '03_do.up.sql': `do $$ begin alter role ${role} connection limit 7; end $$;`,
    });
    await migrate(deps(), options());
    await database.sql.unsafe(`alter role ${role} connection limit 9`);
    const { differences, notReplayed } = await findDrift(deps(), options());
    expect(differences).toEqual([]);
    expect(notReplayed.map(({ file, line }) => [file, line])).toEqual([
      ['02_role.up.sql', 1],
      ['03_do.up.sql', 1],
    ]);
    const [found] = await database.sql`select rolconnlimit as n from pg_roles where rolname = ${role}`;
    await database.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    expect(found).toEqual({ n: 9 });
  });
});
