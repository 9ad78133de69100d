import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvExportResultSchema, csvImportAllResultSchema } from '../../../src/lib/csv/index.js';
import { runCli } from '../../support/cli.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

const SCHEMA = `
  create schema "Odd ""name";
  create table parents (id int primary key, chief_id int, name text not null);
  create table children (id bigint generated always as identity primary key, parent_id int not null references parents,
    twin_id bigint references children, doc jsonb, raw bytea, at timestamptz, tags text[],
    shout text generated always as (upper(doc::text)) stored);
  alter table parents add foreign key (chief_id) references children (id);
  create table "Odd ""name"."tab,le" ("co""l" text, n numeric);
  create table days (day date not null, note text) partition by range (day);
  create table days_1 partition of days for values from ('2026-01-01') to ('2026-02-01');
  create table days_2 partition of days default;
  create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$`;
const ROWS = `
  alter table parents drop constraint parents_chief_id_fkey;
  insert into parents select n, n, 'p' || n from generate_series(1, 30) n;
  insert into children (parent_id, twin_id, doc, raw, at, tags)
    select n, case when n < 30 then n + 1 end, case when n = 2 then null else jsonb_build_object('n', n, 'text', E'a "b"\\nc') end,
           decode('00ff', 'hex'), '2026-01-01 12:00:00.123456+02', array['a,b', null, '"']
      from generate_series(1, 30) n;
  alter table parents add foreign key (chief_id) references children (id);
  insert into "Odd ""name"."tab,le" values ('', 1), (null, 2.50), ('x', null), (E'=1+1\\r\\n', 'NaN');
  insert into days select date '2026-01-25' + n, 'day ' || n from generate_series(1, 12) n`;

let source: TestDatabase;
let copy: TestDatabase;
let folder: string;

beforeAll(async () => {
  [source, copy] = [await createDatabase(), await createDatabase()];
  folder = await mkdtemp(join(tmpdir(), 'bk-db-csv-'));
  await source.sql.unsafe(`${SCHEMA}; ${ROWS}`);
  await copy.sql.unsafe(
    `${SCHEMA}; create trigger guard before insert on children for each row execute function refuse()`,
  );
});
afterAll(async () => {
  await source.drop();
  await copy.drop();
  await rm(folder, { recursive: true });
});

const path = (name: string) => join(folder, name);
const run = (args: readonly string[], database = source) => runCli(['csv', ...args], { env: database.env });
const count = async (table: string) =>
  (await copy.sql.unsafe<{ count: string }[]>(`select count(*) from ${table}`))[0]?.count;

describe('bk-db csv export', () => {
  it('writes a table to standard output as COPY does, in the order of its key', async () => {
    const { status, stdout, stderr } = await run(['export', 'parents']);
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, 3)).toEqual(['id,chief_id,name', '1,1,p1', '2,2,p2']);
    expect(stdout.split('\n')).toHaveLength(32);
    expect(stderr).toMatch(/^exported public\.parents: 30 rows/m);
  });

  it('keeps what CSV can tell apart: null and the empty text, bytes, microseconds, quotes', async () => {
    const odd = await run(['export', '"Odd ""name"."tab,le"']);
    expect(odd.stdout).toBe('"co""l",n\n"",1\n"=1+1\r\n",NaN\n,2.50\nx,\n');
    const { stdout } = await run(['export', 'children']);
    expect(stdout).toContain('\\x00ff,2026-01-01 10:00:00.123456+00,"{""a,b"",NULL,""\\""""}"');
  });

  it('writes files whole and private, compressed by their name, in other forms', async () => {
    const { json } = await run([
      'export',
      'parents',
      '-o',
      path('parents.csv.gz'),
      '--delimiter',
      ';',
      '--no-header',
      '--json',
    ]);
    const { tables } = csvExportResultSchema.parse(json.data);
    expect(tables).toMatchObject([{ table: 'public.parents', rows: 30 }]);
    expect(
      gunzipSync(await readFile(path('parents.csv.gz')))
        .toString()
        .split('\n')[0],
    ).toBe('1;1;p1');
    expect((await stat(path('parents.csv.gz'))).mode & 0o777).toBe(0o600);
    const query = await run([
      'export',
      '--query',
      'select 1 as a, null as b',
      '-o',
      path('query.csv'),
      '--null',
      'NULL',
    ]);
    expect(query.status).toBe(0);
    expect(await readFile(path('query.csv'), 'utf8')).toBe('a,b\n1,NULL\n');
  });

  it('makes formulas harmless only when asked to', async () => {
    const { stdout } = await run(['export', '"Odd ""name"."tab,le"', '--excel-safe']);
    expect(stdout).toContain(`"'=1+1\r\n",NaN`);
  });

  it('leaves nothing behind when it fails', async () => {
    const { status } = await run(['export', '--query', 'select 1 / 0', '-o', path('failed.csv')]);
    expect(status).not.toBe(0);
    expect((await readdir(folder)).filter((name) => name.startsWith('failed'))).toEqual([]);
  });

  it.each<readonly [readonly string[], number, RegExp]>([
    [[], 2, /nothing to export was named/],
    [['parents', '--all'], 2, /exclude each other/],
    [['parents', 'children', '-o', 'both.csv'], 2, /2 tables do not go into one CSV file/],
    [['nothing'], 15, /there is no table nothing/],
    [['--schema', 'nothing', '-o', 'x'], 15, /there is no table in schema nothing/],
    [['parents', '--json'], 2, /needs a file/],
  ])('%j ends with %i', async (args, status, message) => {
    const result = await run(['export', ...args]);
    expect(result.status).toBe(status);
    expect(result.stderr + result.stdout).toMatch(message);
  });
});

describe('a whole database', () => {
  it('is the same bytes each time', async () => {
    await run(['export', '--all', '-o', path('one.zip')]);
    await run(['export', '--all', '-o', path('two.zip')]);
    expect((await readFile(path('one.zip'))).equals(await readFile(path('two.zip')))).toBe(true);
    const again = await run(['export', '--all', '-o', path('one.zip')]);
    expect(again.status).toBe(19);
  });

  it('comes back equal: circular keys, identities, generated columns, partitions, guards, odd names', async () => {
    const { status, json } = await run(['import', path('one.zip'), '--all', '--json'], copy);
    expect(status).toBe(0);
    const data = csvImportAllResultSchema.parse(json.data);
    expect(data).toMatchObject({ rows: 76, sequences: 1 });
    for (const table of ['parents', 'children', '"Odd ""name"."tab,le"', 'days', 'days_1']) {
      const text = `select md5(coalesce(string_agg(t::text, '|' order by t::text collate "C"), '')) from ${table} t`;
      expect(await copy.sql.unsafe(text), table).toEqual(await source.sql.unsafe(text));
    }
    // Everything is as strict as before.
    await expect(copy.sql`insert into children (parent_id) values (1)`).rejects.toThrow('not now');
    await expect(copy.sql`update parents set chief_id = 99 where id = 1`).rejects.toThrow('foreign key');
    expect(
      await copy.sql`select count(*)::int as n from pg_constraint where contype = 'f' and condeferrable`,
    ).toEqual([{ n: 0 }]);
  });

  it('does not go on top of rows, but in place of them', async () => {
    // Rows that are all in the export are no obstacle: nothing is lost.
    expect(await run(['import', path('one.zip'), '--all'], copy)).toMatchObject({ status: 0 });
    await copy.sql`update parents set name = 'another' where id = 5`;
    const refused = await run(['import', path('one.zip'), '--all'], copy);
    expect(refused.status).toBe(19);
    expect(refused.stderr).toContain('table public.parents has rows that are not in the export');
    await run(['export', '--all', '-o', path('files')]);
    expect(await readdir(path('files'))).toContain('manifest.json');
    const { status } = await run(['import', path('files'), '--all', '--mode', 'replace', '--yes'], copy);
    expect(status).toBe(0);
    expect(await count('parents')).toBe('30');
  });

  const damage: readonly (readonly [string, (directory: string) => Promise<void>, RegExp])[] = [
    [
      'a changed value',
      edit('public.parents.csv', (text) => text.replace('p7', 'p8')),
      /is not what was exported/,
    ],
    ['a missing row', edit('public.parents.csv', (text) => text.replace('30,30,p30\n', '')), /has less than/],
    ['a row more', edit('public.parents.csv', (text) => `${text}31,1,p31\n`), /has more than/],
    ['a missing file', (directory) => rm(join(directory, 'public.days.csv')), /is missing/],
    [
      'a manifest that leads outside',
      edit('manifest.json', (text) => text.replace('"public.days.csv"', '"../days.csv"')),
      /manifest is none/,
    ],
    ['a broken manifest', edit('manifest.json', () => '{'), /manifest is none/],
    [
      'a link',
      async (directory) => {
        await rm(join(directory, 'public.days.csv'));
        await symlink('/etc/passwd', join(directory, 'public.days.csv'));
      },
      /no ordinary file/,
    ],
  ];
  it.each(damage)('with %s is refused, and nothing changes', async (_, harm, message) => {
    const directory = path(`harm-${Math.random()}`);
    await run(['export', '--all', '-o', directory]);
    await harm(directory);
    const { status, stderr } = await run(['import', directory, '--all', '--mode', 'replace', '--yes'], copy);
    expect(stderr).toMatch(message);
    expect([14, 18]).toContain(status);
    expect(await count('parents')).toBe('30');
  });

  it('written for spreadsheets does not come back', async () => {
    await run(['export', '--all', '--excel-safe', '-o', path('safe.zip')]);
    const refused = await run(['import', path('safe.zip'), '--all', '--mode', 'replace', '--yes'], copy);
    expect(refused.status).toBe(20);
    expect(refused.stderr).toContain('was written with --excel-safe');
    expect(await count('parents')).toBe('30');
  });

  it('that is no export is refused', async () => {
    await mkdir(path('empty'));
    await writeFile(path('none.zip'), 'PK no zip');
    expect(await run(['import', path('empty'), '--all'], copy)).toMatchObject({ status: 14 });
    expect(await run(['import', path('none.zip'), '--all'], copy)).toMatchObject({ status: 14 });
    expect(await run(['import', path('absent'), '--all'], copy)).toMatchObject({ status: 15 });
  });
});

function edit(file: string, change: (text: string) => string): (directory: string) => Promise<void> {
  return async (directory) => {
    const text = await readFile(join(directory, file), 'utf8');
    await writeFile(join(directory, file), change(text));
  };
}
