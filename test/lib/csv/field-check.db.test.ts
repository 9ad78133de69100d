import { describe, expect, it } from 'vitest';
import { fieldCheck } from '../../../src/lib/csv/field-check.js';
import { filledDatabase } from '../../support/backup-store.js';

const TEXTS = [
  ...[
    '',
    ' ',
    '0',
    '-0',
    '+1',
    ' 7 ',
    '1_0',
    '0x1F',
    '32767',
    '32768',
    '-32768',
    '-32769',
    '2147483647',
    '2147483648',
  ],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '99999999999999999999',
    '1.5',
    '.5',
    '5.',
    '1e3',
    '1e',
    'NaN',
    '--1',
    '1 2',
  ],
  ...['t', 'TRUE', 'yes', 'of', 'on', 'nope', 'y', ' f ', '2'],
  ...[
    '2026-01-01',
    '2026-02-29',
    '2024-02-29',
    '2026-13-01',
    '2026-00-10',
    '0000-01-01',
    '2026-1-1',
    '01/02/2026',
    'now',
    'infinity',
  ],
  ...[
    '2026-01-01 12:00',
    '2026-01-01T12:00:00Z',
    '2026-01-01 24:00:00',
    '2026-01-01 25:00',
    '2026-01-01 12:60',
    '2026-01-01 12:00:61',
  ],
  ...[
    '2026-01-01 12:00:00.123456+02:30',
    '2026-01-01 12:00:00+15',
    '2026-01-01 12:00:00+1',
    '2026-02-30 12:00',
  ],
  ...[
    '{}',
    '[1,]',
    '{"a": 1}',
    '"\\u0000"',
    'null',
    '{"a": 1} x',
    '"\\ud800"',
    '1e400',
    '1e-400',
    '1e39',
    '-1e39',
    '1e-46',
    '0e0',
  ],
  ...[
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'a0eebc999c0b4ef8bb6d6bb9bd380a11',
    '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1',
  ],
  ...['abcde', 'abcdef', 'ünïcö', 'ünïcöd', '💥💥💥'],
];
const TYPES = [
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'double precision',
  'real',
  'boolean',
  'uuid',
  'date',
  'json',
  'character varying(5)',
];
const TIMES = ['timestamp without time zone', 'timestamp with time zone', 'timestamp(3) with time zone'];

describe('fieldCheck', () => {
  // What passes here and is refused there costs one more COPY; a type must not be wrong as a rule.
  it('passes only what the server takes', async () => {
    const { sql } = await filledDatabase(
      `create function takes(text, text) returns boolean language plpgsql as
         'begin execute format(''create temporary table probe (v %s) on commit drop'', $2);
                execute ''insert into probe values ($1::'' || regexp_replace($2, ''\\(5\\)'', '''') || '')'' using $1; drop table probe; return true;
          exception when data_exception or check_violation then return false; end'`,
    );
    let passed = 0;
    for (const type of [...TYPES, ...TIMES]) {
      const check = fieldCheck(type);
      expect(check, type).toBeDefined();
      for (const text of TEXTS.filter((candidate) => check?.(candidate) === true)) {
        const [row] = await sql<{ ok: boolean }[]>`select takes(${text}, ${type}) as ok`;
        expect({ type, text, ok: row?.ok }).toEqual({ type, text, ok: true });
        passed++;
      }
    }
    expect(passed).toBeGreaterThan(100);
  });

  it('leaves to the server what it does not know', () => {
    for (const type of ['text', 'inet', 'integer[]', 'public.mood', 'character varying'])
      expect(fieldCheck(type)).toBeUndefined();
  });
});
