import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { csvImportResultSchema, type CsvImportResult } from '../../../src/lib/csv/index.js';
import { runCli } from '../../support/cli.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createDatabase();
  folder = await mkdtemp(join(tmpdir(), 'bk-db-csv-'));
  await database.sql.unsafe(`
    create table parents (id int primary key);
    insert into parents select generate_series(1, 10);
    create domain score as int check (value between 0 and 100);
    create table people (
      id        int generated always as identity primary key,
      name      varchar(10) not null,
      age       int check (age >= 0),
      born      date,
      tags      text[],
      doc       jsonb,
      photo     bytea,
      rank      score,
      parent_id int references parents,
      shout     text generated always as (upper(name)) stored)`);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await database.sql`truncate people restart identity`;
});

const HEADER = 'id,name,age,born,tags,doc,photo,rank,parent_id';
const GOOD = [
  '1,anna,30,1990-01-02,"{a,""b c""}","{""x"": 1}",\\x00ff,7,1',
  '2,"two\nlines",31,,,,,,2',
  '5,"""q""",,,{},[],\\x,0,',
];
const BAD: readonly (readonly [string, Partial<CsvImportResult['rejects'][number]>])[] = [
  ['20,bob,-1,,,,,,2', { sqlState: '23514', column: 'age', value: '-1' }],
  ['21,far too long a name,1,,,,,,2', { sqlState: '22001', column: 'name', value: 'far too long a name' }],
  ['22,carl,abc,,,,,,2', { sqlState: '22P02', column: 'age', value: 'abc' }],
  ['23,dora,1,1990-13-02,,,,,2', { sqlState: '22008', column: 'born' }],
  ['24,,1,,,,,,2', { sqlState: '23502', column: 'name' }],
  ['25,eve,1,,,,,,99', { sqlState: '23503', column: 'parent_id', value: '99' }],
  ['1,dup,1,,,,,,2', { sqlState: '23505', column: 'id' }],
  ['26,str"ay,1,,,,,,2', { sqlState: null, reason: 'a quote stands in the middle of field 2' }],
  ['27,few,1', { sqlState: null, reason: 'it has 3 fields instead of 9' }],
  ['28,json,1,,,{bad,,,2', { sqlState: '22P02', column: 'doc' }],
  ['29,rank,1,,,,,101,2', { sqlState: '23514', column: 'rank' }],
];

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
const run = (args: readonly string[], input?: string | Uint8Array) =>
  runCli(['csv', 'import', ...args], { env: database.env, ...(input !== undefined && { input }) });
const names = async () =>
  (await database.sql<{ name: string }[]>`select name from people order by id`).map(({ name }) => name);

describe('bk-db csv import', () => {
  it('loads every row with its types, and moves the sequence past them', async () => {
    const path = await file('good.csv', `\uFEFF${HEADER}\r\n${GOOD.join('\r\n')}\r\n`);
    const { status, json } = await run([path, '--table', 'people', '--json']);
    const data = csvImportResultSchema.parse(json.data);
    expect(status).toBe(0);
    expect(data).toMatchObject({
      table: 'public.people',
      records: 3,
      loaded: 3,
      rejected: 0,
      dialect: { delimiter: ',', newline: 'crlf', bom: true },
      sequences: [{ sequence: 'public.people_id_seq', value: '5' }],
    });
    const rows = await database.sql`select * from people order by id`;
    expect(rows[0]).toMatchObject({ tags: ['a', 'b c'], doc: { x: 1 }, rank: 7, shout: 'ANNA' });
    expect(rows.map((row) => row['name'] as string)).toEqual(['anna', 'two\nlines', '"q"']);
    await database.sql`insert into people (name) values ('next')`;
    expect(await database.sql`select id from people where name = 'next'`).toEqual([{ id: 6 }]);
  });

  it('loads nothing when rows do not fit, and names each with its line', async () => {
    const path = await file('bad.csv', [HEADER, ...GOOD, ...BAD.map(([row]) => row), ''].join('\n'));
    const { status, json } = await run([path, '--table', 'people', '--json']);
    expect(status).toBe(20);
    expect(json.error).toMatchObject({ code: 'DATA_REJECTED', details: { rejected: BAD.length } });
    const rejects = json.error.details.rejects as CsvImportResult['rejects'];
    // The header is line 1; one of the good rows takes two lines.
    expect(rejects).toMatchObject(BAD.map(([, reject], index) => ({ line: index + 6, ...reject })));
    expect(await names()).toEqual([]);

    const human = await run([path, '--table', 'people']);
    expect(human.stderr).toContain('error: 11 rows do not fit into public.people; nothing was loaded');
    expect(human.stderr).toContain('  line 8: age: invalid input syntax for type integer: "abc"');
    expect(human.stdout).toBe('');
  });

  it('sets bad rows aside as they came; mended, they are imported again', async () => {
    const path = await file('mixed.csv', [HEADER, ...GOOD, ...BAD.map(([row]) => row), ''].join('\n'));
    const { status, json } = await run([path, '--table', 'people', '--on-error', 'reject', '--json']);
    expect(status).toBe(4);
    expect(json).toMatchObject({ ok: true, exitStatus: 4 });
    expect(json.data).toMatchObject({ loaded: 3, rejected: BAD.length, rejectFile: `${path}.rejects.csv` });
    const rejected = await readFile(`${path}.rejects.csv`, 'utf8');
    expect(rejected).toBe([HEADER, ...BAD.map(([row]) => row), ''].join('\n'));
    expect((await stat(`${path}.rejects.csv`)).mode & 0o777).toBe(0o600);
    expect(await readFile(`${path}.rejects.csv.reasons.csv`, 'utf8')).toContain('8,8,age,abc,22P02,');

    const mended = await file('mended.csv', `${HEADER}\n22,carl,44,,,,,,2\n`);
    expect((await run([mended, '--table', 'people'])).status).toBe(0);
    expect(await names()).toEqual(['anna', 'two\nlines', '"q"', 'carl']);
  });

  it('loads nothing beyond --max-errors, and leaves no reject file', async () => {
    const path = await file('many.csv', [HEADER, ...GOOD, ...BAD.map(([row]) => row), ''].join('\n'));
    const { status, stderr } = await run([
      path,
      '--table',
      'people',
      '--on-error',
      'reject',
      '--max-errors',
      '10',
    ]);
    expect(status).toBe(20);
    expect(stderr).toContain('more than 10 rows do not fit');
    expect(await names()).toEqual([]);
    await expect(stat(`${path}.rejects.csv`)).rejects.toThrow('ENOENT');
  });

  it('--dry-run tries every row and changes nothing, not even the sequence', async () => {
    const path = await file('dry.csv', [HEADER, ...GOOD, ''].join('\n'));
    const { status, stdout } = await run([path, '--table', 'people', '--dry-run']);
    expect(stdout).toMatch(/^public\.people: would load 3 rows /);
    expect(status).toBe(0);
    expect(await names()).toEqual([]);
    await database.sql`insert into people (name) values ('first')`;
    expect(await database.sql`select id from people`).toEqual([{ id: 1 }]);
  });

  it('ignore passes over what exists, upsert changes it, replace empties the table first', async () => {
    const table = ['--table', 'people', '--json'];
    const load = async (mode: string, rows: string, ...more: string[]) =>
      (await run(['-', ...table, '--mode', mode, ...more], `id,name,age\n${rows}`)).json
        .data as CsvImportResult;
    await load('insert', '1,a,1\n2,b,2\n');
    expect(await load('ignore', '2,x,9\n3,c,3\n')).toMatchObject({ loaded: 1, unchanged: 1 });
    expect(await names()).toEqual(['a', 'b', 'c']);
    expect(await load('upsert', '1,a,1\n2,B,2\n4,d,4\n')).toMatchObject({ loaded: 2, unchanged: 1 });
    expect(await names()).toEqual(['a', 'B', 'c', 'd']);
    expect(await load('replace', '9,only,1\n', '--yes')).toMatchObject({ loaded: 1 });
    expect(await names()).toEqual(['only']);
    const asked = await run(['-', '--table', 'people', '--mode', 'replace'], 'id,name\n1,x\n');
    expect(asked.status).toBe(2);
    expect(asked.stderr).toContain('Replace every row of people');
  });

  it('renames, leaves out, fills in, and reads without a header', async () => {
    const mapped = await run(
      ['-', '--table', 'people', '--map', 'Full Name=name', '--ignore-extra', '--set', 'rank=5', '--json'],
      'Full Name;extra; AGE\nanna;x;3\n',
    );
    expect(mapped.json.data).toMatchObject({ loaded: 1, ignored: ['extra'], columns: ['name', 'age'] });
    const bare = await run(['-', '--table', 'people', '--no-header', '--columns', 'name,age'], 'bob,4\n');
    expect(bare.status).toBe(0);
    expect(await database.sql`select name, age, rank from people order by id`).toEqual([
      { name: 'anna', age: 3, rank: 5 },
      { name: 'bob', age: 4, rank: null },
    ]);
  });

  it('goes through a view with a rule, a partitioned table and row-level security', async () => {
    await database.sql.unsafe(`
      create view grown as select name, age from people;
      create table events (day date, what text) partition by range (day);
      create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01')`);
    expect((await run(['-', '--table', 'grown'], 'name,age\nviewed,50\n')).status).toBe(0);
    expect(await names()).toEqual(['viewed']);
    const rows = 'day,what\n2026-05-05,in\n2031-01-01,out\n';
    const { status, json } = await run(
      [
        '-',
        '--table',
        'events',
        '--on-error',
        'reject',
        '--reject-file',
        join(folder, 'events.rejects'),
        '--json',
      ],
      rows,
    );
    expect(status).toBe(4);
    expect(json.data).toMatchObject({ loaded: 1, rejects: [{ line: 3, sqlState: '23514' }] });
  });

  it('undoes gzip, and reads other encodings', async () => {
    const zipped = await file('rows.csv', gzipSync('name,age\nzipped,1\n'));
    expect((await run([zipped, '--table', 'people'])).status).toBe(0);
    const squeezed = spawnSync('xz', ['-c'], { input: 'name,age\nsqueezed,1\n' }).stdout;
    const cut = await run([await file('cut.csv', squeezed.subarray(0, -8)), '--table', 'people']);
    expect(cut).toMatchObject({ status: 20 });
    expect((await run([await file('rows.xz', squeezed), '--table', 'people'])).status).toBe(0);
    const wide = await file('wide.csv', Buffer.from('\uFEFFname,age\nmärz,1\n', 'utf16le'));
    expect((await run([wide, '--table', 'people'])).status).toBe(0);
    const latin = await file('latin.csv', Buffer.from('name,age\nf\xfcr,1\n', 'latin1'));
    const refused = await run([latin, '--table', 'people']);
    expect(refused).toMatchObject({ status: 20 });
    expect(refused.stderr).toContain('line 2: it is not valid UTF-8');
    expect((await run([latin, '--table', 'people', '--encoding', 'windows-1252'])).status).toBe(0);
    expect(await names()).toEqual(['zipped', 'squeezed', 'märz', 'für']);
  });

  it.each<readonly [string, { args?: readonly string[]; input: string; status: number; message: RegExp }]>([
    ['an empty file', { args: [], input: '', status: 20, message: /is empty/ }],
    [
      'an unknown column',
      { args: [], input: 'name,nonsense\na,b\n', status: 2, message: /has no column nonsense/ },
    ],
    ['no known column', { args: [], input: 'a,b\nc,d\n', status: 2, message: /--no-header/ }],
    ['a column twice', { args: [], input: 'name,NAME\na,b\n', status: 2, message: /filled twice/ }],
    [
      'an unknown table',
      { args: ['--table', 'PEOPLE'], input: 'name\na\n', status: 15, message: /Is public\.people meant/ },
    ],
    [
      'a mark that is none',
      { args: ['--delimiter', ';;'], input: 'name\na\n', status: 2, message: /one ASCII character/ },
    ],
    [
      'a damaged archive',
      { args: [], input: '\x1f\x8b\b\0\0\0\0\0garbage', status: 20, message: /cannot be decompressed/ },
    ],
    ['an open quote', { args: [], input: 'name,age\n"a,1\nb,2\n', status: 20, message: /never closed/ }],
  ])('refuses %s', async (_, { args = [], input, status, message }) => {
    const bytes = Buffer.from(input, 'latin1');
    const table = args[0] === '--table' ? [] : ['--table', 'people'];
    const result = await run(['-', ...table, ...args], bytes);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
    expect(await names()).toEqual([]);
  });

  it('does not lose what stands behind a line with the old end mark', async () => {
    await database.sql`create table if not exists lines (line text)`;
    expect((await run(['-', '--table', 'lines'], 'line\na\n\\.\nb\n')).status).toBe(0);
    expect(await database.sql`select line from lines order by ctid`).toEqual([
      { line: 'a' },
      { line: String.raw`\.` },
      { line: 'b' },
    ]);
  });

  it('an interruption leaves the table as it was', async () => {
    const rows = Array.from({ length: 1_000_000 }, (_, n) => `n${n % 1_000},${n % 90}`).join('\n');
    const path = await file('large.csv', `name,age\n${rows}\n`);
    const { status } = await runCli(['csv', 'import', path, '--table', 'people'], {
      env: database.env,
      signalAfter: { signal: 'SIGINT', ms: 700 },
    });
    expect(status).toBe(130);
    expect(await names()).toEqual([]);
  });
});
