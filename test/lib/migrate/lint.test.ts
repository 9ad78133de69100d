import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DANGERS } from '../../../src/lib/migrate/lint/dangers.js';
import { ColumnTypes } from '../../../src/lib/migrate/lint/column-types.js';
import { lintScript } from '../../../src/lib/migrate/lint/index.js';
import { loadParser } from '../../../src/lib/migrate/lint/parser.js';
import { parseScript } from '../../../src/lib/migrate/script.js';

const parser = await loadParser();

const lint = (text: string) =>
  lintScript(parseScript({ path: '/m/1.up.sql', file: '1.up.sql', text }, 'pairs', 'up'), parser);
const rules = (text: string) => lint(text).map(({ rule }) => rule);

const DANGEROUS: readonly (readonly [string, string])[] = [
  ['create index on parcel (weight)', 'create-index-blocks-writes'],
  ['CREATE UNIQUE INDEX IF NOT EXISTS "Ix" ON only shop."Parcel" (a)', 'create-index-blocks-writes'],
  ['drop index parcel_weight', 'drop-index-blocks'],
  ['reindex table parcel', 'reindex-blocks'],
  ['vacuum full parcel', 'rewrites-table'],
  ['vacuum (verbose, full) parcel', 'rewrites-table'],
  ['cluster parcel using parcel_pkey', 'rewrites-table'],
  ['refresh materialized view totals', 'refresh-blocks-reads'],
  ['lock table parcel in share mode', 'lock-table'],
  ['drop table if exists parcel', 'loses-data'],
  ['drop schema old cascade', 'loses-data'],
  ['truncate parcel', 'loses-data'],
  ['drop view totals cascade', 'drop-cascade'],
  ['update parcel set weight = 0', 'changes-every-row'],
  ["update parcel set note = 'where'", 'changes-every-row'],
  ['delete from parcel', 'changes-every-row'],
  ['create trigger t before insert on parcel for each row execute function f()', 'create-trigger-locks'],
  ['alter domain weight add constraint c check (value > 0)', 'validates-at-once'],
  ['alter view totals rename to sums', 'breaks-application'],
  ['alter type mood rename to temper', 'breaks-application'],
  ['alter table parcel add id bigserial', 'rewrites-table'],
  ['alter table parcel add column token uuid default gen_random_uuid()', 'rewrites-table'],
  ['alter table parcel add n int generated always as identity', 'rewrites-table'],
  ['alter table parcel add total numeric generated always as (a * b) stored', 'rewrites-table'],
  ['alter table parcel add seen timestamptz default clock_timestamp()', 'rewrites-table'],
  ['alter table parcel add seen int default next_number()', 'rewrites-table'],
  ['alter table parcel add seen text default lower(shop.token(now()))', 'rewrites-table'],
  ['alter table parcel add code text not null', 'fails-on-rows'],
  ['alter table parcel add constraint w check (weight > 0)', 'validates-at-once'],
  ['alter table parcel add check (weight > 0)', 'validates-at-once'],
  ['alter table parcel add constraint f foreign key (c) references client (id)', 'validates-at-once'],
  ['alter table parcel add client_id int references client', 'locks-referenced-table'],
  ['alter table parcel add client_id int default 1 references client', 'validates-at-once'],
  ['alter table parcel add primary key (id)', 'builds-index-under-lock'],
  ['alter table parcel add constraint u unique (code)', 'builds-index-under-lock'],
  ['alter table parcel add constraint e exclude using gist (r with &&)', 'builds-index-under-lock'],
  ['alter table parcel alter column weight set not null', 'scans-for-nulls'],
  ['alter table parcel alter weight type numeric(10,2)', 'rewrites-table'],
  ['alter table parcel alter column weight set data type bigint', 'rewrites-table'],
  ['alter table parcel set tablespace fast', 'rewrites-table'],
  ['alter table parcel set unlogged', 'rewrites-table'],
  ['alter table parcel drop column weight', 'loses-data'],
  ['alter table parcel drop if exists weight', 'loses-data'],
  ['alter table parcel rename weight to mass', 'breaks-application'],
  ['alter table parcel rename to shipment', 'breaks-application'],
  ['alter table parcel attach partition p1 for values in (1)', 'validates-at-once'],
  ['alter table parcel detach partition p1', 'detach-blocks'],
  ['alter table parcel disable trigger all', 'locks-table'],
  ['alter table if exists only parcel alter a set default 1, drop b', 'loses-data'],
  // Rows, however they are reached.
  ['with old as (update parcel set weight = 0 returning id) select * from old', 'changes-every-row'],
  ['update parcel set weight = 0 where true', 'changes-every-row'],
  ['update parcel set weight = 0 where 1 = 1 and id = id', 'changes-every-row'],
  ["update parcel set weight = 0 where not false or code = 'x'", 'changes-every-row'],
  ['update parcel set weight = 0 where exists (select 1)', 'changes-every-row'],
  ['update parcel set weight = 0 where (select count(*) from client) > 0', 'changes-every-row'],
  ['update parcel set weight = 0 where id in (select id from public.parcel)', 'changes-every-row'],
  ['update parcel p set weight = 0 where exists (select from client c where c.id = 1)', 'changes-every-row'],
  ['delete from parcel where true', 'changes-every-row'],
  ['delete from parcel using client', 'changes-every-row'],
  ['insert into log with gone as (delete from parcel returning *) select * from gone', 'changes-every-row'],
  ['explain (analyze) delete from parcel', 'changes-every-row'],
  ['copy (delete from parcel returning id) to stdout', 'changes-every-row'],
  ['merge into parcel p using client c on true when matched then update set weight = 0', 'changes-every-row'],
  ['merge into parcel p using client c on p.c = c.id when matched then delete', 'changes-every-row'],
  [
    'merge into parcel p using client c on p.c = c.id when not matched by source then update set weight = 0',
    'changes-every-row',
  ],
  // What is there already, or may be.
  ['create table if not exists parcel (id int); create index on parcel (id)', 'create-index-blocks-writes'],
  ['create table visit (client_id bigint references client)', 'locks-referenced-table'],
  ['create table visit (c bigint, foreign key (c) references shop.client (id))', 'locks-referenced-table'],
  // Settings.
  ['set lock_timeout = 0', 'removes-lock-timeout'],
  ["set local lock_timeout to '0ms'", 'removes-lock-timeout'],
  ['reset lock_timeout', 'removes-lock-timeout'],
  ['reset all', 'removes-lock-timeout'],
  ["select set_config('lock_timeout', '0', true)", 'removes-lock-timeout'],
  // Things that go.
  ['drop owned by clerk', 'loses-data'],
  ['drop sequence parcel_number', 'loses-data'],
  ['drop foreign table old', 'loses-data'],
  ['drop extension hstore cascade', 'drop-cascade'],
  ['drop type mood cascade', 'drop-cascade'],
  ['alter table client drop constraint client_pkey cascade', 'drop-cascade'],
  ['drop trigger t on parcel', 'locks-table'],
  ['drop policy p on parcel', 'locks-table'],
  ['create rule r as on delete to parcel do instead nothing', 'locks-table'],
  // Work behind a lock of the same file.
  [
    "alter table parcel add status text; update parcel set status = 'new' where status is null",
    'works-under-lock',
  ],
  [
    'alter table parcel add check (weight > 0) not valid; alter table parcel validate constraint w',
    'works-under-lock',
  ],
  ['alter table parcel add n int; insert into log select * from parcel', 'works-under-lock'],
  // Single actions.
  ['alter table parcel add code text unique', 'builds-index-under-lock'],
  ['alter table parcel add n int check (n > 0)', 'validates-at-once'],
  ['alter table parcel add doc json', 'json-has-no-equality'],
  ['alter table parcel alter code drop not null', 'breaks-application'],
  ['alter table parcel add constraint n not null weight', 'scans-for-nulls'],
  ['alter table all in tablespace slow set tablespace fast', 'rewrites-table'],
  ['alter index parcel_weight set tablespace fast', 'rewrites-table'],
  ["alter type mood rename value 'sad' to 'blue'", 'breaks-application'],
  ['alter table parcel set schema shop', 'breaks-application'],
  ['alter domain weight set not null', 'validates-at-once'],
  ['update parcel set a = 1 where a is null or a is not null', 'changes-every-row'],
  ['update parcel set a = 1 where id = any (array(select id from parcel))', 'changes-every-row'],
  ["select set_config('LOCK_TIMEOUT', '0', false)", 'removes-lock-timeout'],
  // Blocks.
  ["do $$ declare q text := 'drop table parcel'; begin execute q; end $$", 'loses-data'],
  [
    "do $$ declare q text; begin q := 'select 1'; Q := 'drop table ' || 'x'; execute q || ' cascade'; execute q; end $$",
    'loses-data',
  ],
  ['do $$ begin drop table parcel; end $$', 'loses-data'],
  ["do $$ begin if true then execute 'drop table parcel'; end if; end $$", 'loses-data'],
  ["do $$ begin execute format('drop schema %I cascade', 'a'); end $$", 'loses-data'],
  [
    "do $$ declare r record; begin for r in select 1 as n loop execute 'truncate table p' || r.n; end loop; end $$",
    'loses-data',
  ],
  [
    'do language plpgsql $$ begin delete from parcel; exception when others then update parcel set a = 1; end $$',
    'changes-every-row',
  ],
];

const SAFE: readonly string[] = [
  'alter table parcel add at timestamptz not null default now(), add n numeric(10,2) default 0::numeric(10,2)',
  "alter table parcel add doc jsonb default jsonb_build_object('at', pg_catalog.now()), add t text default upper('x'::varchar(3))",
  'create table parcel (id int primary key, code text not null unique); create index on parcel (code); alter table parcel add n int not null;',
  'create index concurrently parcel_code on parcel (code)',
  'drop index concurrently if exists parcel_code',
  "alter table parcel add note text not null default 'none', add seen timestamptz default now()",
  'alter table parcel add constraint w check (weight > 0) not valid',
  'alter table parcel validate constraint w',
  'alter table parcel add constraint u unique using index parcel_code',
  'alter table parcel alter weight set default 0, drop constraint w, alter a set statistics 500',
  'update parcel set weight = 0 where weight is null; delete from parcel where id in (select 1)',
  'refresh materialized view concurrently totals',
  "comment on table parcel is 'drop table parcel; truncate parcel'; select $$ vacuum full $$; -- lock table parcel",
  'alter table parcel detach partition p1 concurrently',
  'reindex index concurrently parcel_code',
  'vacuum (analyze) parcel; analyze parcel',
  "alter type mood add value 'calm'",
  'create materialized view totals as select 1 as n with no data; refresh materialized view totals; create index on totals (n)',
  'with big as (select * from parcel) update client set seen = true where id in (select client_id from big)',
  'update parcel p set weight = 0 from client c where c.id = p.client_id',
  'delete from parcel where random() < 0.1; delete from parcel where false; update parcel set a = 1 where not true',
  'update parcel set a = 1 where exists (select 1 from client c where c.id = parcel.client_id)',
  'merge into parcel p using client c on p.c = c.id when matched and c.gone then delete when matched then update set a = 1 when not matched then insert values (1)',
  'explain delete from parcel; create function f() returns void language sql begin atomic delete from parcel; end',
  'create table visit (id int primary key, before int references visit, drop_it text); alter table visit add check (id > 0), drop drop_it; update visit set id = 1',
  'create table client (id int primary key); create table visit (c int references client)',
  "set lock_timeout = '3s'; set statement_timeout = 0; set local search_path = shop",
  'create temp table t as select 1 as a; update t set a = 2; drop table t',
  'select 1 as a into t; delete from t; create sequence s; drop sequence s; create index concurrently i on parcel (a); drop index i',
  'alter table parcel add total numeric generated always as (a * b) virtual',
  'alter table parcel alter n set statistics 100; update parcel set a = 1 where a is null',
  'create table t1 (a int); create trigger g before insert on t1 for each row execute function f(); create policy p on t1; drop policy p on t1',
  'alter table parcel rename constraint a to b; alter index i rename to j',
  'create table t2 (a int); alter table t2 rename to t3; create index on t3 (a)',
  "do $$ begin raise notice 'drop table parcel'; perform 1; end $$",
  "do $$ begin execute 'create table x (a int)'; execute 'create index on x (a)'; end $$",
  'alter index i attach partition j',
  "do $$ declare q text := 'drop table parcel'; begin raise notice '%', q; execute 'select 1'; end $$",
  'update parcel set a = 1 where a is null or b is not null; update parcel set a = 1 where id in (select id from parcel where a > 1)',
];

describe('lintScript', () => {
  it.each(DANGEROUS)('finds %s', (sql, rule) => {
    expect(rules(`${sql};`)).toContain(rule);
  });

  it.each(SAFE)('says nothing of %s', (sql) => {
    expect(rules(sql)).toEqual([]);
  });

  it('points at the statement', () => {
    expect(lint('select 1;\n  drop table a;')).toMatchObject([
      { file: '1.up.sql', line: 2, column: 3, rule: 'loses-data' },
    ]);
  });

  it('lets a comment with a reason allow one statement', () => {
    const drop = 'drop table a;';
    expect(rules(`-- bk-db: allow loses-data nobody reads it since 2.1\n${drop}`)).toEqual([]);
    expect(rules(`drop /* x */ table\n-- bk-db: allow lock-table, loses-data unused\na;`)).toEqual([]);
    expect(rules(`-- bk-db: allow loses-data\n${drop}`)).toEqual(['allow-without-reason', 'loses-data']);
    expect(rules(`-- bk-db: allow lock-table another\n${drop}`)).toEqual(['loses-data']);
    expect(rules(`-- bk-db: allow loses-data unused\n${drop}\n${drop}`)).toEqual(['loses-data']);
  });
});

describe('syntax errors', () => {
  it('are told in the words of the parser, with their place', () => {
    expect(lint("create table a (id int);\nselect 'éé💥' as a fromm t u;")).toMatchObject([
      { line: 2, column: 19, rule: 'syntax-error', message: 'syntax error at or near "fromm"' },
    ]);
    expect(rules('alter tabel a add b int')).toEqual(['syntax-error']);
  });

  it('do not let an allowance pass on to the next statement', () => {
    expect(rules('-- bk-db: allow loses-data unused\ndrop tabel a;\ndrop table big;')).toEqual([
      'syntax-error',
      'loses-data',
    ]);
  });

  it('are none in what only psql reads: rows of COPY, restricted mode', () => {
    expect(rules('copy a from stdin;\n1\tselct\n\\.\n\\restrict abc\nselect 1;\n\\unrestrict abc\n')).toEqual(
      [],
    );
  });
});

describe('changes of type', () => {
  /** The second text is a later file: the table has rows by then. */
  const after = (first: string, second: string) => {
    const columns = new ColumnTypes();
    const script = (text: string) => parseScript({ path: '/m/1.sql', file: '1.sql', text }, 'pairs', 'up');
    lintScript(script(first), parser, columns);
    return lintScript(script(second), parser, columns).map(({ rule }) => rule);
  };
  const TABLE =
    'create table shop.parcel (code varchar(20), note text, price numeric(10,2), n int, at timestamp(3), tags text[], c char(5));';

  it.each([
    'code type text',
    'code type varchar(40)',
    'code type varchar',
    'note type varchar',
    'price type numeric(12,2)',
    'price type numeric',
    'at type timestamp(6)',
    'n type integer',
  ])('that keep the stored form are passed: %s', (change) => {
    expect(after(TABLE, `alter table shop.parcel alter ${change}`)).toEqual([]);
  });

  it.each([
    'code type varchar(10)',
    "code type text using code || ''",
    'code type text collate "C"',
    'note type varchar(10)',
    'price type numeric(12,3)',
    'n type bigint',
    'at type timestamptz(3)',
    'tags type varchar[]',
    'c type text',
    'c type char(6)',
    'unknown type text',
  ])('that do not, or may not, are found: %s', (change) => {
    expect(after(TABLE, `alter table shop.parcel alter ${change}`)).toEqual(['rewrites-table']);
  });

  it('are judged by what became of the column', () => {
    const change = 'alter table shop.parcel alter code type text';
    expect(after(`${TABLE} alter table shop.parcel alter code type int;`, change)).toEqual([
      'rewrites-table',
    ]);
    expect(after(`${TABLE} alter table shop.parcel drop code, add code int;`, change)).toEqual([
      'rewrites-table',
    ]);
    expect(after(`${TABLE} alter table shop.parcel rename code to x;`, change)).toEqual(['rewrites-table']);
    expect(after(`${TABLE} alter table shop.parcel rename to other;`, change)).toEqual(['rewrites-table']);
    expect(after(`create table if not exists ${TABLE.slice(13)}`, change)).toEqual(['rewrites-table']);
    expect(after(`alter table shop.parcel add code varchar(3);`, change)).toEqual([]);
  });
});

it('has every rule in its page of documentation', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/migrate-lint.md'), 'utf8');
  const missing = Object.values(DANGERS).filter(({ rule }) => !page.includes(`\`${rule}\``));
  expect(missing).toEqual([]);
});
