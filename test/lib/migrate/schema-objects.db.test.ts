import { describe, expect, it, onTestFinished } from 'vitest';
import { compareSchemas } from '../../../src/lib/migrate/compare-schemas.js';
import { listSchemaObjects } from '../../../src/lib/migrate/schema-objects.js';
import { filledDatabase } from '../../support/backup-store.js';

const BASE = `
  create table t (id int primary key, v text, w text);
  create function up(text) returns text immutable language sql as 'select upper($1)';
  create type mood as enum ('calm', 'wild'); create type pair as (a int, b int);
  create function to_pair(text) returns pair immutable language sql as 'select null::pair';
  create text search configuration words (copy = simple);
  create foreign data wrapper wire; create server there foreign data wrapper wire options (host 'a');
  create publication news for table t; create statistics s on id, v from t; create statistics kept on id, w from t;
  create collation plain (locale = 'C');
  create view w as select 1 a; create policy own on t; create rule quiet as on insert to w do instead nothing;
  create operator === (leftarg = int, rightarg = int, function = int4eq); create operator family spare using btree;
  create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0'); create table more (a int);
  create text search dictionary plain_words (template = simple);
  create function on_ddl() returns event_trigger language plpgsql as 'begin end'; create event trigger ddl on ddl_command_end when tag in ('CREATE SERVER') execute function on_ddl();
  create operator class lengths for type text using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 bttextcmp(text, text)`;

/** A change of the schema, and the object that tells of it. */
const CHANGES: readonly (readonly [sql: string, kind: string, name: string])[] = [
  ['grant select (v) on t to public', 'grant', 'public on column public.t.v'],
  [
    'alter default privileges in schema public grant select on tables to public',
    'default privileges',
    'of {user} in public on r',
  ],
  ['alter table t alter v set compression pglz', 'column', 'public.t.v'],
  ["create collation other (locale = 'C')", 'collation', 'public.other'],
  ['create cast (text as pair) with function to_pair(text)', 'cast', 'text as public.pair'],
  ['drop operator class lengths using btree', 'operator class', 'public.lengths using btree'],
  [
    'alter text search configuration words alter mapping for asciiword with english_stem',
    'text search configuration',
    'public.words',
  ],
  ['create text search dictionary short (template = simple)', 'text search dictionary', 'public.short'],
  ["alter server there options (set host 'b')", 'server', 'there'],
  ['create user mapping for public server there', 'user mapping', 'public on there'],
  ['drop publication news', 'publication', 'news'],
  ['drop statistics s', 'statistics', 'public.s'],
  ['alter table t alter v set statistics 7', 'column', 'public.t.v'],
  ['alter table t alter v set not null', 'column', 'public.t.v'],
  ['create index on t (up(v))', 'index', 'public.t.t_up_idx'],
  ["alter type mood add value 'odd'", 'type', 'public.mood'],
  ["comment on column t.v is 'what'", 'column', 'public.t.v'],
  ['alter table t replica identity full', 'table', 'public.t'],
  ['alter function up(text) cost 7', 'function', 'public.up(text)'],
  ['alter statistics kept set statistics 5', 'statistics', 'public.kept'],
  ['alter operator === (int, int) set (restrict = eqsel)', 'operator', 'public.===(integer,integer)'],
  ['drop operator family spare using btree', 'operator family', 'public.spare using btree'],
  [
    "create or replace aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0', combinefunc = int4pl)",
    'function',
    'public.total(integer)',
  ],
  [
    'grant usage on foreign data wrapper wire to pg_monitor',
    'grant',
    'pg_monitor on foreign data wrapper wire',
  ],
  ['grant usage on foreign server there to pg_monitor', 'grant', 'pg_monitor on server there'],
  ['revoke usage on language plpgsql from public', 'grant', 'public on language plpgsql'],
  ["comment on statistics kept is 'x'", 'statistics', 'public.kept'],
  ["comment on policy own on t is 'x'", 'policy', 'public.t.own'],
  ["comment on rule quiet on w is 'x'", 'rule', 'public.w.quiet'],
  ["comment on text search dictionary plain_words is 'x'", 'text search dictionary', 'public.plain_words'],
  ["comment on server there is 'x'", 'server', 'there'],
  ["comment on foreign data wrapper wire is 'x'", 'foreign data wrapper', 'wire'],
  ["comment on collation plain is 'x'", 'collation', 'public.plain'],
  ["comment on operator === (int, int) is 'x'", 'operator', 'public.===(integer,integer)'],
  ["comment on event trigger ddl is 'x'", 'event trigger', 'ddl'],
];

/** Where the base has no publication any more. */
const PUBLICATIONS: readonly string[] = [
  'create publication news for table t',
  'alter publication news set table t where (id > 1)',
  'alter publication news set table t (id)',
  'alter publication news set table t',
  'alter publication news add tables in schema public',
  'alter publication news set (publish_via_partition_root)',
  "comment on publication news is 'x'",
];

describe('listSchemaObjects', () => {
  it('shows every kind of change', async () => {
    const { sql } = await filledDatabase(BASE);
    const [{ user } = { user: '' }] = await sql<{ user: string }[]>`select current_user as user`;
    onTestFinished(() => sql.unsafe('drop server there cascade').then(() => undefined));
    let before = await listSchemaObjects(sql);
    for (const [change, kind, name] of CHANGES) {
      await sql.unsafe(change);
      const after = await listSchemaObjects(sql);
      const found = compareSchemas(before, after).map((difference) => [difference.kind, difference.name]);
      expect({ change, found }).toEqual({ change, found: [[kind, name.replace('{user}', user)]] });
      before = after;
    }
  });

  it('shows each part of a publication', async () => {
    const { sql } = await filledDatabase('create table t (id int primary key, v text)');
    let before = await listSchemaObjects(sql);
    for (const change of PUBLICATIONS) {
      await sql.unsafe(change);
      const after = await listSchemaObjects(sql);
      const found = compareSchemas(before, after).map(({ name }) => name);
      expect({ change, found }).toEqual({ change, found: ['news'] });
      before = after;
    }
  });

  it('does not depend on the search path', async () => {
    const { sql } = await filledDatabase(BASE);
    const before = await listSchemaObjects(sql);
    await sql`create schema elsewhere`;
    await sql.unsafe(`set search_path to elsewhere`);
    const differences = compareSchemas(before, await listSchemaObjects(sql));
    expect(differences.map(({ name }) => name)).toEqual(['elsewhere']);
  });

  it('is the same for a schema that is made again', async () => {
    const first = await filledDatabase(BASE);
    const second = await filledDatabase(BASE);
    const differences = compareSchemas(
      await listSchemaObjects(first.sql),
      await listSchemaObjects(second.sql),
    );
    expect(differences).toEqual([]);
  });
});
