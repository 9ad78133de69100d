import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { recordFields } from '../../../src/lib/csv/record-fields.js';
import { RecordScanner, type CsvRecord } from '../../../src/lib/csv/record-scanner.js';
import { detectDialect } from '../../../src/lib/csv/dialect.js';
import { readBatches } from '../../../src/lib/csv/read-batches.js';
import type { Dialect } from '../../../src/lib/csv/types.js';

const DIALECT = detectDialect('a,b\n');

function scan(text: string, dialect: Dialect = DIALECT): CsvRecord[] {
  return new RecordScanner(dialect).scan(Buffer.from(text), true).records;
}

function fieldsOf(text: string, dialect: Dialect = DIALECT) {
  const bytes = Buffer.from(text);
  return scan(text, dialect).map(({ start, end }) =>
    recordFields(bytes.toString('utf8', start, end), dialect),
  );
}

/** Small and deterministic (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

describe('records', () => {
  it('know their lines, fields and bytes', () => {
    expect(scan('a,b\n"x\ny",2\r\n\n3,4')).toEqual([
      { start: 0, end: 4, line: 1, endLine: 1, fields: 2, problem: undefined },
      { start: 4, end: 13, line: 2, endLine: 3, fields: 2, problem: undefined },
      { start: 14, end: 17, line: 5, endLine: 5, fields: 2, problem: undefined },
    ]);
  });

  it.each([
    ['a,5" x 3" board', 'a quote stands in the middle of field 2'],
    ['"a"b,c', 'something follows the closing quote of field 1'],
    ['a,b\0', 'it holds a NUL byte'],
    ['a,"b\n\0c', 'the quote opened in field 2 is never closed'],
  ])('%j has a problem', (text, problem) => {
    expect(scan(text)).toMatchObject([{ problem }]);
  });

  it('a stray quote does not swallow the lines behind it', () => {
    expect(scan('a,5" board\nb,2\nc,3" x\nd,4\n').map(({ problem }) => problem === undefined)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('are the same whatever the pieces they come in', async () => {
    const text = 'id,note\n1,"a ""quoted"" ,\r\n text"\r\n2,\n3,"x"\n';
    const whole = scan(text).map(({ line, endLine, fields }) => ({ line, endLine, fields }));
    for (let size = 1; size < text.length; size++) {
      const scanner = new RecordScanner(DIALECT);
      const records: CsvRecord[] = [];
      let held = Buffer.alloc(0);
      for (let at = 0; at < text.length; at += size) {
        held = Buffer.concat([held, Buffer.from(text.slice(at, at + size))]);
        const found = scanner.scan(held, false);
        records.push(...found.records);
        held = held.subarray(found.rest);
      }
      records.push(...scanner.scan(held, true).records);
      expect(
        records.map(({ line, endLine, fields }) => ({ line, endLine, fields })),
        `${size}`,
      ).toEqual(whole);
    }
    await Promise.resolve();
  });

  it('and fields agree with csv-parse on 2,000 random files', () => {
    const random = randomOf(1);
    const marks = ['a', 'é', '"', ',', '\n', '\r\n', ' ', '', 'bb'];
    for (let file = 0; file < 2_000; file++) {
      const width = 1 + random(4);
      const rows = Array.from({ length: 1 + random(5) }, () =>
        Array.from({ length: width }, () =>
          Array.from({ length: random(4) }, () => marks[random(marks.length)]).join(''),
        ),
      ).filter((row) => width > 1 || row[0] !== '');
      const quoted = (value: string) =>
        /[",\r\n]/.test(value) || random(3) === 0 ? `"${value.replaceAll('"', '""')}"` : value;
      const text = rows.map((row) => row.map(quoted).join(',')).join(random(2) === 0 ? '\n' : '\r\n');
      const expected = parse(text, {
        skip_empty_lines: true,
        relax_column_count: true,
        record_delimiter: ['\r\n', '\n'],
      });
      expect(fieldsOf(text), JSON.stringify(text)).toEqual(expected);
    }
  });
});

describe('fields', () => {
  it('tell null from an empty text', () => {
    expect(recordFields('a,,""', DIALECT, '')).toEqual(['a', null, '']);
    expect(recordFields('NULL,"NULL"', DIALECT, 'NULL')).toEqual([null, 'NULL']);
  });

  it('know a backslash as escape', () => {
    const dialect = { ...DIALECT, escape: '\\' };
    expect(fieldsOf(String.raw`"a\"b","c\\",d\e`, dialect)).toEqual([
      ['a"b', String.raw`c` + '\\', String.raw`d\e`],
    ]);
  });
});

describe('csv-spectrum', () => {
  const directory = join(dirname(createRequire(import.meta.url).resolve('csv-spectrum')), 'csvs');
  const files = readdirSync(directory);

  it.each(files)('%s', (file) => {
    const text = readFileSync(join(directory, file), 'utf8');
    const dialect = detectDialect(text);
    if (file === 'location_coordinates.csv') {
      expect(scan(text, dialect).some(({ problem }) => problem?.includes('quote'))).toBe(true);
      return;
    }
    const [header = [], ...rows] = fieldsOf(text, dialect);
    const json = JSON.parse(
      readFileSync(join(directory, '../json', file.replace('.csv', '.json')), 'utf8'),
    ) as Record<string, string>[];
    expect(rows.map((row) => Object.fromEntries(row.map((value, index) => [header[index], value])))).toEqual(
      json,
    );
  });
});

describe('the dialect', () => {
  it.each([
    ['a;b;c\n1,5;2;3\n', ';'],
    ['a\tb\n1,2\t3\n', '\t'],
    ['a|b\n1|2\n', '|'],
    ['"a,b";c\n"1,2";3\n', ';'],
    ['one\ntwo\n', ','],
    ['', ','],
  ])('of %j has the delimiter %j', (sample, delimiter) => {
    expect(detectDialect(sample).delimiter).toBe(delimiter);
  });

  it.each([
    ['a\r\nb', 'crlf'],
    ['"x\r\ny"\nb', 'lf'],
    ['a\rb', 'cr'],
  ])('of %j has the newline %s', (sample, newline) => {
    expect(detectDialect(sample).newline).toBe(newline);
  });

  it('is what it is said to be', () => {
    expect(detectDialect('a;b\n', { delimiter: ',', escape: '\\' })).toMatchObject({
      delimiter: ',',
      escape: '\\',
    });
  });
});

describe('batches', () => {
  async function* chunks(count: number, chunk: Buffer): AsyncGenerator<Buffer> {
    for (let n = 0; n < count; n++) yield await Promise.resolve(chunk);
  }

  it('refuse a record without end, whatever follows', async () => {
    const endless = async () => {
      for await (const { records } of readBatches(chunks(100, Buffer.alloc(1 << 20, 'x"')), DIALECT))
        expect(records).toBeDefined();
    };
    const quoted = async () => {
      const open = Buffer.concat([Buffer.from('"'), Buffer.alloc(1 << 20, 'x')]);
      for await (const { records } of readBatches(chunks(100, open.subarray(0, 1 << 20)), DIALECT))
        expect(records).toBeDefined();
    };
    await expect(endless()).rejects.toThrow(/line 1 is longer than 32 MiB/);
    await expect(quoted()).rejects.toThrow(/line 1 is longer than 32 MiB/);
  });

  it('name what is no UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b\n')]);
    for await (const { records } of readBatches(chunks(1, bytes), DIALECT))
      expect(records.map(({ problem }) => problem)).toEqual([undefined, 'it is not valid UTF-8', undefined]);
  });
});
