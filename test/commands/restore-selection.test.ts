import { beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filledDatabase, openForTest, temporaryName } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

const SCRIPT = `
  create schema shop; create schema other;
  create type shop.state as enum ('new', 'paid');
  create function shop.touch() returns trigger language plpgsql as 'begin new.at := now(); return new; end';
  create function shop.fold(text) returns text immutable language sql as 'select lower($1)';
  create table other.region (id int primary key, name text);
  create table shop.customer (id int generated always as identity primary key, name text not null, at timestamptz,
    region int constraint customer_region references other.region);
  create table shop."Order" (id serial primary key, customer int constraint order_customer references shop.customer,
    state shop.state default 'new', note text, at timestamptz, total numeric generated always as (1) stored);
  create index order_note on shop."Order" (shop.fold(note));
  create table shop.event (id int, at date not null, primary key (id, at)) partition by range (at);
  create table shop.event_2025 partition of shop.event for values from ('2025-01-01') to ('2026-01-01');
  create table shop.event_2026 partition of shop.event for values from ('2026-01-01') to ('2027-01-01');
  create trigger touch before insert or update on shop.customer for each row execute function shop.touch();
  create trigger touch before insert or update on shop."Order" for each row execute function shop.touch();
  alter table shop."Order" disable trigger touch;
  alter table shop."Order" enable row level security;
  create policy mine on shop."Order" using (customer in (select id from shop.customer));
  create view shop.paid as select * from shop."Order" where state = 'paid';
  create materialized view shop.totals as select state, count(*) as n from shop."Order" group by 1;
  create index on shop.totals (state);
  comment on table shop."Order" is 'what was ordered'; grant select on shop."Order" to public;
  insert into other.region values (1, 'north');
  insert into shop.customer (name, region) select 'c' || i, 1 from generate_series(1, 10) i;
  insert into shop."Order" (customer, note, state) select 1 + i % 10, 'Note ' || i, (array['new', 'paid'])[1 + i % 2]::shop.state from generate_series(1, 100) i;
  insert into shop.event select i, date '2025-12-01' + i from generate_series(1, 60) i;
  refresh materialized view shop.totals;`;

let source: TestDatabase;
let store: string;

beforeAll(async () => {
  source = await createDatabase();
  store = await mkdtemp(join(tmpdir(), 'bk-db-selection-'));
  await source.sql.unsafe(SCRIPT).simple();
  await runCli(['backup', '--dir', store], { env: source.env });
  return async () => {
    await source.drop();
    await rm(store, { recursive: true, force: true });
  };
});

async function restore(...args: string[]) {
  const into = temporaryName();
  const all = ['restore', 'latest', '--dir', store, '--into', into, '--json', ...args];
  const { status, json } = await runCli(all, { env: source.env });
  return { into, status, data: json.data, error: json.error, warnings: json.warnings as string[] };
}

async function relationsOf(database: string): Promise<string[]> {
  const sql = await openForTest(database);
  const rows = await sql<{ name: string }[]>`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('shop', 'other') and c.relkind in ('r', 'p', 'v', 'm') order by 1`;
  return rows.map(({ name }) => name);
}

/** What belongs to a table, as the catalogue has it. */
async function partsOf(database: string, table: string): Promise<Record<string, unknown>> {
  const sql = await openForTest(database);
  const [parts] = await sql<Record<string, unknown>[]>`
    select (select array_agg(pg_get_indexdef(indexrelid) order by indexrelid::regclass::text) from pg_index where indrelid = c.oid) as indexes,
           (select array_agg(pg_get_constraintdef(oid) order by conname) from pg_constraint where conrelid = c.oid and contype <> 'f') as constraints,
           (select array_agg(pg_get_triggerdef(oid) || tgenabled::text order by tgname) from pg_trigger where tgrelid = c.oid and not tgisinternal) as triggers,
           (select array_agg(polname order by polname) from pg_policy where polrelid = c.oid) as policies,
           (select array_agg(pg_get_expr(adbin, adrelid) order by adnum) from pg_attrdef where adrelid = c.oid) as defaults,
           c.relrowsecurity as "rowSecurity", c.relacl::text as grants, obj_description(c.oid) as comment
      from pg_class c where c.oid = ${table}::regclass`;
  return parts ?? {};
}

describe('restore --table', () => {
  it('brings everything that belongs to the table, and what it needs', async () => {
    const { into, status, data } = await restore('--table', 'shop."Order"');
    expect({ status, mismatches: data?.proof.mismatches }).toEqual({ status: 0, mismatches: [] });
    // The policy reads customer, and so did order_customer; nothing needs the others.
    expect(await relationsOf(into)).toEqual(['shop.Order', 'shop.customer']);
    for (const table of ['shop."Order"', 'shop.customer'])
      expect(await partsOf(into, table)).toEqual(await partsOf(source.name, table));
    const sql = await openForTest(into);
    await sql`insert into shop."Order" (customer, note) values (1, 'next')`;
    expect(await sql`select max(id)::int as id from shop."Order"`).toEqual([{ id: 101 }]);
    await expect(sql`insert into shop."Order" (customer) values (99)`).rejects.toThrow('order_customer');
  });

  it('says which foreign keys it left out', async () => {
    const { into, status, warnings } = await restore('--table', 'shop.customer');
    expect(status).toBe(0);
    expect(await relationsOf(into)).toEqual(['shop.customer']);
    expect(warnings.join()).toContain('customer customer_region');
  });

  it('brings partitions with their table, and fills materialized views', async () => {
    const partitioned = await restore('--table', 'shop.event');
    expect(await relationsOf(partitioned.into)).toEqual(['shop.event', 'shop.event_2025', 'shop.event_2026']);
    expect(partitioned.data.proof).toMatchObject({ tables: 2, rows: 60 });
    expect(await partsOf(partitioned.into, 'shop.event')).toEqual(await partsOf(source.name, 'shop.event'));

    const view = await restore('--table', 'shop.totals');
    const sql = await openForTest(view.into);
    expect(await sql`select n::int from shop.totals order by state`).toEqual([{ n: 50 }, { n: 50 }]);
    expect(await partsOf(view.into, 'shop.totals')).toEqual(await partsOf(source.name, 'shop.totals'));
  });

  it('takes patterns and schemas, and names those that match nothing', async () => {
    expect(await relationsOf((await restore('--table', 'other.*')).into)).toEqual(['other.region']);
    const schema = await restore('--schema', 'other');
    expect(await relationsOf(schema.into)).toEqual(['other.region']);
    const missing = await restore('--table', 'shop.order', '--table', 'nothing');
    expect(missing).toMatchObject({
      status: 15,
      error: { details: { unmatched: ['shop.order', 'nothing'] } },
    });
    expect(await restore('--table', 'shop.*', '--replace', '--yes')).toMatchObject({ status: 2 });
  });
});

describe('restore --schema-only and --data-only', () => {
  it('restore in two steps what one gives', async () => {
    const { into, data } = await restore('--schema-only');
    expect(data.proof).toMatchObject({ tables: 0, rows: 0, mismatches: [] });
    const sql = await openForTest(into);
    expect(await sql`select count(*)::int as n from shop."Order"`).toEqual([{ n: 0 }]);
    const args = ['restore', 'latest', '--dir', store, '--into', into, '--json', '--data-only'];
    const rows = await runCli(args, { env: source.env });
    expect(rows.json.data).toMatchObject({ created: false, proof: { tables: 5, rows: 171, mismatches: [] } });
    // Triggers did not touch the rows again, and are as they were.
    expect(await partsOf(into, 'shop."Order"')).toEqual(await partsOf(source.name, 'shop."Order"'));
    expect(await sql`select n::int from shop.totals order by state`).toEqual([{ n: 50 }, { n: 50 }]);
    expect(await runCli(args, { env: source.env })).toMatchObject({ status: 19 });
  });

  it('loads all rows or none, and names foreign keys that they do not keep', async () => {
    const { into } = await restore('--schema-only');
    const args = ['restore', 'latest', '--dir', store, '--into', into, '--json', '--data-only'];
    const partial = await runCli([...args, '--table', 'shop.customer'], { env: source.env });
    expect(partial.json.error).toMatchObject({
      code: 'VERIFY_MISMATCH',
      message: expect.stringContaining(
        'constraint shop.customer.customer_region: 10 rows have nothing',
      ) as string,
    });

    const other = await restore('--schema-only');
    const sql = await openForTest(other.into);
    await sql`alter table shop.event_2026 add constraint never check (id < 0)`;
    const failed = await runCli([...args.slice(0, 5), other.into, ...args.slice(6)], { env: source.env });
    expect(failed.status).toBe(13);
    expect(await sql`select count(*)::int as n from shop.customer`).toEqual([{ n: 0 }]);
  });

  it('needs the tables', async () => {
    const empty = await filledDatabase('select 1');
    const args = ['restore', 'latest', '--dir', store, '--into', empty.name, '--data-only', '--json'];
    expect((await runCli(args, { env: source.env })).json.error).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a materialized view that cannot be filled', () => {
  it('is named, and everything else is there; one with unqualified names is filled', async () => {
    const { env } = await filledDatabase(
      `create table t as select 1 as v;
       create function loose() returns bigint language plpgsql as 'begin return (select count(*) from t); end';
       create materialized view fine as select loose() as n;
       create table switch as select true as on;
       create function fails() returns int language plpgsql as
         'begin if (select "on" from public.switch) then return 1; end if; raise exception ''switched off''; end';
       create materialized view broken as select fails() as n; update switch set "on" = false`,
    );
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    await run('backup');
    const { status, json } = await run('restore', 'latest', '--into', temporaryName());
    expect({ status, mismatches: json.error.details.mismatches as unknown }).toEqual({
      status: 18,
      mismatches: [
        {
          kind: 'materialized view',
          name: 'public.broken',
          problem: expect.stringContaining('switched off') as string,
        },
      ],
    });
    const kept = json.error.details.database as string;
    expect(await (await openForTest(kept))`select n::int from fine`).toEqual([{ n: 1 }]);
  });
});
