import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';

/** Enough for several batches, which share buffers. */
const ROWS = 60_000;
const EVERY = 60;

const TABLE = `
  create table parent (region text, id int, primary key (region, id));
  insert into parent select r, i from unnest(array['north', 'süd']) r, generate_series(1, 500) i;
  create table child (id int primary key, code varchar(12) not null unique, region text, parent int,
    amount numeric check (amount >= 0), until date, since date, note text,
    check (until >= since), foreign key (region, parent) references parent);
  create function no_nine() returns trigger language plpgsql as $$ begin if new.note = 'forbidden' then raise exception 'not this note'; end if; return new; end $$;
  create trigger no_nine before insert on child for each row execute function no_nine();
  insert into child (id, code, note) values (7, 'taken', 'was there')`;

type Row = (string | number)[];

/** What is planted, with the SQLSTATE that the server gives for it. */
const FAULTS: readonly (readonly [string, string | null, (row: Row, n: number) => void])[] = [
  ['type', '22P02', (row) => (row[4] = '1,5x')],
  ['not null', '23502', (row) => (row[1] = '')],
  ['too long', '22001', (row) => (row[1] = 'c'.repeat(13))],
  ['check', '23514', (row) => (row[4] = '-1')],
  ['check of two columns', '23514', (row) => (row[5] = '1999-01-01')],
  ['unique within the file', '23505', (row, n) => (row[0] = n - 1)],
  ['unique in the table', '23505', (row) => (row[1] = 'taken')],
  ['half a foreign key', '23503', (row) => (row[2] = 'ost')],
  ['foreign key', '23503', (row) => (row[3] = 9_999)],
  ['trigger', 'P0001', (row) => (row[7] = 'forbidden')],
  ['ragged', null, (row) => row.push('more')],
];

const quoted = (value: string | number) =>
  /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);

it('names exactly the planted rows of a dirty file, of every kind, and loads all others', async () => {
  const { env, sql } = await filledDatabase(TABLE);
  const lines = ['id,code,region,parent,amount,until,since,note'];
  const planted: [line: number, state: string | null][] = [];
  const bad: string[] = [];
  let line = 2;
  for (let n = 1; n <= ROWS; n++) {
    const row: Row = [
      n + 100,
      `c${n}`,
      n % 2 === 0 ? 'north' : 'süd',
      1 + (n % 500),
      n % 7,
      '2026-01-02',
      '2026-01-01',
    ];
    // Rows over two lines, so that lines and rows differ; not only ASCII in some batches.
    row.push(n % 97 === 0 ? 'two\nlines' : n > ROWS / 2 ? 'grün' : 'plain "text"');
    if (n % EVERY === 30) {
      const [, state, plant] = FAULTS[Math.floor(n / EVERY) % FAULTS.length] ?? ['', null, () => undefined];
      plant(row, n + 100);
      planted.push([line, state]);
    }
    const text = row.map(quoted).join(',');
    if (n % EVERY === 30) bad.push(text);
    lines.push(text);
    line += text.split('\n').length;
  }
  const dir = await temporaryStore();
  const file = join(dir, 'dirty.csv');
  await writeFile(file, `${lines.join('\n')}\n`);
  const { status, json } = await runCli(
    ['csv', 'import', file, '--table', 'child', '--on-error', 'reject', '--json'],
    { env },
  );
  expect({ status, error: json.error }).toEqual({ status: 4, error: undefined });
  expect(json.data).toMatchObject({ loaded: ROWS - planted.length, rejected: planted.length });
  const rejects = json.data.rejects as { line: number; sqlState: string | null }[];
  expect(rejects.map((reject) => [reject.line, reject.sqlState])).toEqual(planted);
  const [found] = await sql`select count(*)::int as n from child`;
  expect(found).toEqual({ n: ROWS - planted.length + 1 });

  // As they came, under the header.
  expect(await readFile(`${file}.rejects.csv`, 'utf8')).toBe(`${[lines[0], ...bad].join('\n')}\n`);
});
