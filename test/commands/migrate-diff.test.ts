import { execa } from 'execa';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { HOSTILE_SCHEMA } from '../support/hostile-schema.js';

const BASE = `
  create schema app; create type app.mood as enum ('sad', 'ok'); create domain app.pos as int check (value > 0);
  create table app.t (id serial primary key, a text, b int not null default 1, gone int, c varchar(10), m app.mood default 'ok', unique (a));
  create table app.u (id int generated always as identity primary key, t_id int, note text, constraint note_len check (length(note) < 10));
  create index t_b on app.t (b); create view app.v as select id, a, c from app.t; create view app.vv as select id from app.v;
  create function app.f(x int) returns int language sql as 'select x'; create function app.g() returns trigger language plpgsql as 'begin return new; end';
  create trigger tr before insert on app.t for each row execute function app.g();
  create sequence app.s increment 2; comment on table app.t is 'first'; grant select on app.t to pg_monitor; create policy p on app.u using (true);
  create aggregate app.agg(int) (sfunc = int4pl, stype = int, initcond = '0');
  create materialized view app.mv as select b, count(*) as n from app.t group by b; create unique index on app.mv (b);
  create statistics app.st on a, b from app.t; create rule r as on insert to app.vv do instead nothing; create publication pub for table app.t;`;

/** Changes of a database, one of each kind; each of them can be said as a migration. */
const CHANGES: readonly string[] = [
  "alter type app.mood add value 'great' after 'ok'",
  'alter table app.t drop column gone',
  'alter table app.t add d timestamptz not null default now(), add e int generated always as (b * 2) stored',
  'drop view app.vv; drop view app.v; alter table app.t alter c type varchar(20), alter b drop not null, alter b set default 2',
  'create view app.v as select id, a, c, d from app.t; create view app.vv as select id, c from app.v; create rule r as on insert to app.vv do instead nothing',
  'alter table app.u alter note set not null, add foreign key (t_id) references app.t, add check (t_id > 0), drop constraint note_len',
  'drop index app.t_b; create index t_b on app.t (b, a); create index u_t on app.u (t_id)',
  "create or replace function app.g() returns trigger language plpgsql as 'begin return old; end'",
  'drop function app.f(int); create function app.f(x int, y int default 1) returns bigint language sql as $$select x::bigint + y$$',
  'drop trigger tr on app.t; create trigger tr after insert on app.t for each row execute function app.g()',
  'alter sequence app.s increment 3 cache 5',
  "comment on table app.t is 'second'; comment on column app.t.d is 'it''s IS ''when'''",
  'revoke select on app.t from pg_monitor; grant update on app.u to pg_monitor with grant option; grant select on app.v to pg_monitor',
  'drop policy p on app.u; create policy p on app.u for select using (id > 1); alter table app.u enable row level security',
  'create table app.n (id bigserial primary key, t int references app.t, m app.mood, k app.pos, unique (m, k)); create index on app.n (t)',
  'create type app.pair as (x int, y int)',
  'alter table app.t set (fillfactor = 70); alter table app.u replica identity full',
  'drop statistics app.st; create statistics app.st2 on a, c from app.t',
  'alter publication pub add table app.n',
  'alter default privileges in schema app grant select on tables to pg_monitor',
  "drop aggregate app.agg(int); create aggregate app.agg(int) (sfunc = int4pl, stype = int, initcond = '1')",
  'create schema "Odd ""one"; create table "Odd ""one"."the table" ("a b" int primary key, "c;" text default \'x;y\'); create index "i x" on "Odd ""one"."the table" ("c;")',
];

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = join(await temporaryStore(), 'migrations');
  await mkdir(dir);
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  return dir;
}

const diff = async (env: Readonly<Record<string, string>>, dir: string, ...args: string[]) =>
  runCli(['migrate', 'diff', ...args, '--migrations-dir', dir, '--json'], { env });

describe('migrate diff', () => {
  it('writes migrations of every kind of change, which lead another database there and back', async () => {
    const dir = await folderOf({ '0001_base.up.sql': BASE });
    const source = await filledDatabase(BASE);
    for (const change of CHANGES) await source.sql.unsafe(change).simple();
    const { status, json } = await diff(source.env, dir, 'All changes');
    expect({ ...json.data, error: json.error }).toMatchObject({ failure: null, left: [], leftByDown: [] });
    expect(status).toBe(0);
    expect(await readdir(dir)).toEqual([
      '0001_base.up.sql',
      '0002_all_changes.down.sql',
      '0002_all_changes.up.sql',
      '0003_all_changes_concurrently.down.sql',
      '0003_all_changes_concurrently.up.sql',
    ]);
    const later = await readFile(join(dir, '0003_all_changes_concurrently.up.sql'), 'utf8');
    expect(later).toContain('CREATE INDEX CONCURRENTLY u_t ON');
    expect(later).toContain('VALIDATE CONSTRAINT u_t_id_fkey');

    const other = await filledDatabase('select 1');
    const on = { env: other.env };
    const migrate = (...args: string[]) => runCli(['migrate', ...args, '--migrations-dir', dir], on);
    expect(await migrate()).toMatchObject({ status: 0 });
    expect((await diff(source.env, dir)).json.data).toMatchObject({ up: [], later: [], left: [] });
    expect((await diff(other.env, dir)).json.data).toMatchObject({ up: [], later: [], left: [] });
    expect(await migrate('down', '--to', '1', '--yes')).toMatchObject({ status: 0 });
    expect(await migrate()).toMatchObject({ status: 0 });
  });

  it.each(CHANGES.map((change, n) => [n + 1, change] as const))('change %i by itself', async (n) => {
    const dir = await folderOf({ '0001_base.up.sql': [BASE, ...CHANGES.slice(0, n - 1)].join(';\n') });
    const source = await filledDatabase([BASE, ...CHANGES.slice(0, n)].join(';\n'));
    const { status, json } = await diff(source.env, dir);
    expect({ ...json.data, error: json.error }).toMatchObject({ failure: null, left: [], leftByDown: [] });
    expect([...json.data.up, ...json.data.later]).not.toEqual([]);
    expect(status).toBe(0);
  });

  it('makes the first migration of a database that has none, whatever its names', async () => {
    const source = await filledDatabase(HOSTILE_SCHEMA);
    const dir = await folderOf({});
    const { status, json } = await diff(source.env, dir, 'initial');
    expect({ ...json.data, error: json.error }).toMatchObject({ failure: null, left: [], leftByDown: [] });
    expect(status).toBe(0);
    expect((await diff(source.env, dir)).json.data).toMatchObject({ up: [], files: [] });
  });

  it('takes the wanted schema from a file', async () => {
    const source = await filledDatabase(`${BASE}; create table app.more (id int primary key)`);
    const dir = await folderOf({ '0001_base.up.sql': BASE });
    const file = join(await temporaryStore(), 'schema.sql');
    await execa('pg_dump', ['--schema-only', '--no-owner', '-f', file, source.url], { env: source.env });
    const empty = await filledDatabase('select 1');
    const { json } = await diff(empty.env, dir, '--from', file);
    expect(json.data).toMatchObject({ failure: null, left: [], files: [] });
    expect(json.data.up.join('\n')).toContain('CREATE TABLE app.more');
    await writeFile(file, 'create role never_made;');
    expect(await diff(empty.env, dir, '--from', file)).toMatchObject({
      status: 2,
      json: { error: { message: expect.stringContaining('holds more than a schema') as string } },
    });
  });

  it.each([
    [
      'a trigger with its function',
      'create table t (id int)',
      "create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger tr before insert on t for each row execute function tf()",
    ],
    [
      'an identity column',
      'create table t (a int)',
      'alter table t add id bigint generated always as identity',
    ],
    [
      'the kind of an identity',
      'create table t (id int generated always as identity)',
      'alter table t alter id set generated by default set increment 5',
    ],
    [
      'an index and a key of a partitioned table',
      'create table t (a int, b int) partition by range (a); create table t_1 partition of t default',
      'create index on t (b); alter table t add unique (a, b)',
    ],
    [
      'a sequence for bigger numbers',
      'create table t (id serial)',
      'alter sequence t_id_seq as bigint; alter table t alter id type bigint',
    ],
    [
      'labels in front',
      "create type e as enum ('z')",
      "alter type e add value 'y' before 'z'; alter type e add value 'x' before 'y'",
    ],
    [
      'a unique index that changes',
      'create table t (a int, b int); create unique index i on t (a)',
      'drop index i; create unique index i on t (a, b)',
    ],
  ])('says %s', async (_, base, change) => {
    const dir = await folderOf({ '0001_base.up.sql': base });
    const source = await filledDatabase(`${base}; ${change}`);
    const { status, json } = await diff(source.env, dir, 'change');
    expect({ ...json.data, error: json.error }).toMatchObject({ failure: null, left: [], leftByDown: [] });
    expect(status).toBe(0);
    // A database with partitions of its own gets them there, too.
    const other = await filledDatabase('select 1');
    expect(await runCli(['migrate', '--migrations-dir', dir], { env: other.env })).toMatchObject({
      status: 0,
    });
    expect(await other.sql`select indexrelid::regclass::text from pg_index where not indisvalid`).toEqual([]);
  });

  it('cuts no value, drops no slot, shows no password, and says what is lost', async () => {
    const base =
      'create table t (a text, renamed int); create foreign data wrapper w; create server s foreign data wrapper w';
    const dir = await folderOf({ '0001_base.up.sql': base });
    const source = await filledDatabase(
      `${base}; alter table t alter a type varchar(5); alter table t rename renamed to fresh;
       create user mapping for public server s options (password 'canary-7')`,
    );
    const { status, json, stdout } = await diff(source.env, dir);
    expect(status).toBe(4);
    expect(json.data.left).toMatchObject([{ kind: 'user mapping' }]);
    expect(stdout).not.toContain('canary-7');
    expect(json.data.up).toContain('ALTER TABLE public.t ALTER COLUMN "a" TYPE character varying(5);');
    expect(json.warnings).toEqual([expect.stringContaining('DROP COLUMN "renamed"')]);
  });

  it('tries nothing that reaches beyond its database, and calls nothing proved that hangs on it', async () => {
    const file = join(await temporaryStore(), 'wanted.sql');
    await writeFile(file, "select pg_create_physical_replication_slot('never_made');");
    const empty = await filledDatabase('select 1');
    expect(await diff(empty.env, await folderOf({}), '--from', file)).toMatchObject({ status: 2 });
    const dir = await folderOf({ '0001_base.up.sql': 'create table t (); create role pg_never;' });
    const same = await filledDatabase('create table t ()');
    expect(await diff(same.env, dir)).toMatchObject({ status: 4 });
  });

  it('lists what it cannot say, and leaves the database and the server as they were', async () => {
    const dir = await folderOf({
      '0001_base.up.sql': 'create table p (a int, b int) partition by range (a);',
    });
    const source = await filledDatabase(
      'create table p (a int, b int) partition by range (b); create table p_1 partition of p default',
    );
    const { status, json } = await diff(source.env, dir);
    expect(status).toBe(4);
    expect(json.data.left).toMatchObject([{ change: 'changed', kind: 'table', name: 'public.p' }]);
    expect(await source.sql`select to_regclass('bk_migrations.ledger') as ledger`).toEqual([
      { ledger: null },
    ]);
  });
});
