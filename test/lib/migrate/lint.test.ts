import { describe, expect, it } from 'vitest';
import { bareText, lintScript } from '../../../src/lib/migrate/lint.js';
import { parseScript } from '../../../src/lib/migrate/script.js';
import { loadSyntaxCheck } from '../../../src/lib/migrate/syntax-check.js';

const check = await loadSyntaxCheck();

const lint = (text: string) =>
  lintScript(parseScript({ path: '/m/1.up.sql', file: '1.up.sql', text }, 'pairs', 'up'), check);
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
  ['alter table parcel add client_id int references client', 'validates-at-once'],
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
  'alter table parcel alter weight set default 0, alter code drop not null, drop constraint w, alter a set statistics 500',
  'update parcel set weight = 0 where weight is null; delete from parcel where id in (select 1)',
  'refresh materialized view concurrently totals',
  "comment on table parcel is 'drop table parcel; truncate parcel'; select $$ vacuum full $$; -- lock table parcel",
  'alter table parcel detach partition p1 concurrently',
  'reindex index concurrently parcel_code',
  'vacuum (analyze) parcel; analyze parcel',
  "alter type mood add value 'calm'",
  'create materialized view totals as select 1 as n with no data; refresh materialized view totals; create index on totals (n)',
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

describe('bareText', () => {
  it('keeps tokens only', () => {
    expect(bareText('ALTER /* x */ TABLE "A b" . c -- y\n ADD d TEXT DEFAULT \'x;y\';')).toBe(
      'alter table "A b".c add d text default \'\'',
    );
  });
});
