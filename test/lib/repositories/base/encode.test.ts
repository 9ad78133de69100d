import { expect, test } from 'vitest';
import { bind, bindList, encode, encodeArray } from '../../../../src/lib/repositories/base/encode.js';

const TEXT = { pgType: 'text', encoding: 'text' } as const;
const INTEGER = { pgType: 'int4', encoding: 'number' } as const;
const TIME = { pgType: 'timestamptz', encoding: 'timestamp' } as const;
const JSONB = { pgType: 'jsonb', encoding: 'json' } as const;

test.each([
  [TEXT, 'a', 'a'],
  [{ pgType: 'int8', encoding: 'text' }, 9007199254740993n, '9007199254740993'],
  [{ pgType: 'numeric', encoding: 'text' }, '0.1000', '0.1000'],
  [INTEGER, -7, '-7'],
  [{ pgType: 'bool', encoding: 'boolean' }, false, 'false'],
  [TIME, new Date(0), '1970-01-01T00:00:00.000Z'],
  [TIME, '2025-06-01T00:00:00.123456Z', '2025-06-01T00:00:00.123456Z'],
  [{ pgType: 'bytea', encoding: 'bytes' }, Uint8Array.of(0, 255), String.raw`\x00ff`],
  [JSONB, { max_retries: [1, null] }, '{"max_retries":[1,null]}'],
  [JSONB, 'text', '"text"'],
  [{ ...TEXT, pgType: 'text[]', isArray: true }, ['a'], '{"a"}'],
] as const)('%o writes %o as %s', (type, value, text) => {
  expect(encode(type, value)).toBe(text);
});

test('null stays null, in arrays too', () => {
  expect(encode(INTEGER, null)).toBeNull();
  expect(encodeArray(INTEGER, [1, null])).toBe('{"1",null}');
});

test('array elements are quoted, so that no text can pass for a NULL or a separator', () => {
  expect(encodeArray(TEXT, ['null', 'a,b', '{', 'say "hi"', String.raw`back\slash`])).toBe(
    String.raw`{"null","a,b","{","say \"hi\"","back\\slash"}`,
  );
});

test.each([
  [INTEGER, '7', /string cannot be written as int4/],
  [TEXT, 1.5, /number cannot be written as text/],
  [TIME, new Date(Number.NaN), /object cannot be written as timestamptz/],
  [JSONB, undefined, /undefined cannot be written as jsonb/],
  [{ ...TEXT, pgType: 'text[]', isArray: true }, 'a', /string cannot be written as text\[\]/],
] as const)('%o refuses %o without repeating it', (type, value, message) => {
  expect(() => encode(type, value)).toThrow(message);
});

test('a secret is not repeated in the refusal', () => {
  expect(() => encode(INTEGER, 'hunter2')).toThrow(expect.not.stringContaining('hunter2') as Error);
});

test('bound values travel as text and are read by the server', () => {
  expect(bind(JSONB, { a: 1 })).toMatchObject({ text: '$1::text::jsonb', values: ['{"a":1}'] });
  expect(bindList({ pgType: 'bk.severity', encoding: 'text' }, ['info'])).toMatchObject({
    text: '$1::text::bk.severity[]',
    values: ['{"info"}'],
  });
});
