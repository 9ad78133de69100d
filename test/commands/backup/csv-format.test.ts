import { execa } from 'execa';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';

const SCHEMA = `
  create schema shop;
  create table shop.client (id int generated always as identity primary key, name text not null unique, boss int);
  create table shop."Order" (id serial primary key, client int not null references shop.client, note text,
    double numeric generated always as (id * 2) stored, tags text[], doc jsonb, raw bytea, at timestamptz);
  alter table shop.client add foreign key (boss) references shop.client;
  create table shop.event (id int, at date, primary key (id, at)) partition by range (at);
  create table shop.event_2026 partition of shop.event for values from ('2026-01-01') to ('2027-01-01');
  create table shop.kind (name text primary key); insert into shop.kind values ('made by the schema');
  create function shop.refuse() returns trigger language plpgsql as 'begin raise exception ''no news''; end';`;
const ROWS = `
  insert into shop.client (name) select 'client ' || i from generate_series(1, 50) i; update shop.client set boss = 51 - id;
  insert into shop."Order" (client, note, tags, doc, raw, at)
    select 1 + i % 50, case i % 3 when 0 then null when 1 then '' else E'line\\n"two", ' || i end, array['a,b', null, '"'], '{"a": [1]}', '\\xdead', now()
      from generate_series(1, 500) i;
  insert into shop.event select i, date '2026-01-01' + i from generate_series(1, 99) i;
  insert into shop.kind values ('later');`;
const TRIGGER =
  'create trigger news before insert on shop.client for each row execute function shop.refuse();';

async function setUp() {
  const store = await temporaryStore();
  const source = await filledDatabase(SCHEMA + ROWS);
  const run = (env: Readonly<Record<string, string>>, ...args: string[]) =>
    runCli([...args, '--dir', store, '--json'], { env });
  const backup = await run(source.env, 'backup', '--format', 'csv');
  expect(backup.json.error).toBeUndefined();
  return { source, run, data: backup.json.data as { path: string; totals: object } };
}

describe('backup --format csv', () => {
  it('restores into a database that has the schema, in the order of keys, past triggers', async () => {
    const { source, run, data } = await setUp();
    expect(data.totals).toMatchObject({ tables: 4, rows: 651 });
    expect(await run(source.env, 'backup', 'verify', 'latest')).toMatchObject({ status: 0 });
    const target = await filledDatabase(SCHEMA + TRIGGER);
    const restored = await run(target.env, 'restore', data.path);
    expect(restored.json.data).toMatchObject({
      format: 'csv',
      created: false,
      proof: { tables: 4, rows: 651, mismatches: [] },
    });
    const content = (sql: typeof source.sql) =>
      sql.unsafe(
        'select (select array_agg(c order by id) from shop.client c)::text, (select array_agg(o order by id) from shop."Order" o)::text',
      );
    expect(await content(target.sql)).toEqual(await content(source.sql));
    const [order] = await target.sql<
      { id: number }[]
    >`insert into shop."Order" (client) values (1) returning id`;
    expect(order?.id).toBe(501);
    await expect(target.sql`insert into shop.client (name) values ('x')`).rejects.toThrow('no news');
  });

  it('loses no row that is not in it, unless told to', async () => {
    const { run, data } = await setUp();
    const target = await filledDatabase(`${SCHEMA} insert into shop.kind values ('mine');`);
    const rows = () => target.sql`select name from shop.kind order by name`;
    expect(await run(target.env, 'restore', data.path)).toMatchObject({ status: 19 });
    expect(await rows()).toHaveLength(2);
    expect(await run(target.env, 'restore', data.path, '--empty-tables')).toMatchObject({ status: 2 });
    expect(await run(target.env, 'restore', data.path, '--empty-tables', '--yes')).toMatchObject({
      status: 0,
    });
    expect(await rows()).toEqual([{ name: 'later' }, { name: 'made by the schema' }]);
  });

  it('is read by stock tools, and notices a changed byte', async () => {
    const { source, run, data } = await setUp();
    const archive = join(data.path, 'data.zip');
    const { stdout } = await execa('python3', ['-m', 'zipfile', '-l', archive]);
    expect(stdout).toContain('shop.client.csv');
    const bytes = await readFile(archive);
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    await writeFile(archive, bytes);
    expect(await run(source.env, 'backup', 'verify', data.path)).toMatchObject({ status: 14 });
    const target = await filledDatabase(SCHEMA);
    expect(await run(target.env, 'restore', data.path)).toMatchObject({ status: 14 });
    expect(await target.sql`select from shop.client`).toHaveLength(0);
  });

  it.each(['shop', 'shop.zip'])(
    'restores what csv export wrote as %s, and from standard input',
    async (name) => {
      const { source, run } = await setUp();
      const path = join(await temporaryStore(), name);
      await run(source.env, 'backup', 'list');
      await runCli(['csv', 'export', '--all', '-o', path], { env: source.env });
      const listed = await run(source.env, 'restore', path, '--list');
      expect(listed.json.data).toMatchObject({
        foreign: expect.stringMatching(/^CSV files of csv export from PostgreSQL \d+\.\d+$/) as string,
        database: source.name,
        totals: { tables: 4, rows: 651 },
      });
      const target = await filledDatabase(SCHEMA + TRIGGER);
      expect((await run(target.env, 'restore', path)).json.data).toMatchObject({
        proof: { tables: 4, rows: 651, mismatches: [] },
      });
      if (!name.endsWith('.zip')) return;
      const bytes = await readFile(path);
      const input = { env: target.env, input: bytes };
      expect(await runCli(['restore', '-', '--empty-tables', '--yes'], input)).toMatchObject({ status: 0 });
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 8;
      expect(
        await runCli(['restore', '-', '--empty-tables', '--yes'], { ...input, input: bytes }),
      ).toMatchObject({
        status: 14,
        stderr: expect.stringContaining('standard input is damaged') as string,
      });
      expect(await target.sql`select count(*)::int as n from shop."Order"`).toEqual([{ n: 500 }]);
    },
  );

  it('refuses what needs a schema, and what a zip archive cannot be', async () => {
    const { source, run, data } = await setUp();
    for (const args of [
      ['restore', data.path, '--replace', '--yes'],
      ['restore', data.path, '--table', 'shop.client'],
      ['backup', '--format', 'csv', '--compress', 'zstd'],
      ['backup', '--format', 'csv', '--encrypt-to', 'age1x'],
      ['backup', '--format', 'csv', '--table', 'shop.client'],
    ])
      expect({ args, status: (await run(source.env, ...args)).status }).toEqual({ args, status: 2 });
    const empty = await filledDatabase('select 1');
    expect(await run(empty.env, 'restore', data.path)).toMatchObject({ status: 15 });
  });
});
