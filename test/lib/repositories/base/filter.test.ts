import { describe, expect, test } from 'vitest';
import {
  float8,
  integer,
  jsonObject,
  text,
  textArray,
  timestamptz,
  uuid,
} from '../../../../src/lib/repositories/base/column.js';
import { filterCondition, requiredCondition } from '../../../../src/lib/repositories/base/filter.js';
import { defineTable } from '../../../../src/lib/repositories/base/table.js';

const things = defineTable('scratch.things', {
  id: uuid(),
  thingKey: text(),
  size: integer(),
  score: float8().nullable(),
  tags: textArray(),
  data: jsonObject(),
  madeAt: timestamptz(),
});

const condition = (filter: Parameters<typeof filterCondition>[1]) => {
  const fragment = filterCondition(things, filter);
  return fragment === undefined ? undefined : [fragment.text, fragment.values];
};

describe('conditions', () => {
  test.each([
    [{ size: 1 }, '"size" = $1::text::int4', ['1']],
    [{ score: null }, '"score" is null', []],
    [{ thingKey: ['a', 'b'] }, '"thing_key" = any($1::text::text[])', ['{"a","b"}']],
    [{ thingKey: [] }, '"thing_key" = any($1::text::text[])', ['{}']],
    [{ size: { ne: 1 } }, '"size" is distinct from $1::text::int4', ['1']],
    [{ size: { gte: 1, lt: 5 } }, '"size" >= $1::text::int4 and "size" < $2::text::int4', ['1', '5']],
    [{ size: { notIn: [1] } }, '("size" = any($1::text::int4[])) is not true', ['{"1"}']],
    [{ size: { between: [1, 2] } }, '"size" between $1::text::int4 and $2::text::int4', ['1', '2']],
    [{ score: { isNull: false } }, '"score" is not null', []],
    [{ thingKey: { startsWith: '50%_' } }, 'starts_with("thing_key"::text, $1::text::text)', ['50%_']],
    [{ tags: ['a'] }, '"tags" = $1::text::text[]', ['{"a"}']],
    [{ tags: { overlaps: ['a'] } }, '"tags" && $1::text::text[]', ['{"a"}']],
    [{ data: { contains: { a: 1 } } }, '"data" @> $1::text::jsonb', ['{"a":1}']],
    [{ madeAt: { gt: new Date(0) } }, '"made_at" > $1::text::timestamptz', ['1970-01-01T00:00:00.000Z']],
  ])('%j', (filter, text, values) => {
    expect(condition(filter)).toEqual([text, values]);
  });

  test('combine', () => {
    expect(condition({ size: 1, or: [{ size: 2 }, { not: { size: 3 } }] })?.[0]).toBe(
      '"size" = $1::text::int4 and (("size" = $2::text::int4) or (("size" = $3::text::int4) is not true))',
    );
  });

  test('no alternative finds nothing, an empty one everything', () => {
    expect(condition({ or: [] })?.[0]).toBe('false');
    expect(condition({ or: [{}] })?.[0]).toBe('((true))');
    expect(condition({ and: [{}] })).toBeUndefined();
  });
});

describe('refuses before any SQL', () => {
  test.each([
    [{ nope: 1 }, /scratch\.things has no column nope/],
    [{ 'size" = 1 or "size': 1 }, /has no column/],
    [{ constructor: 1 }, /has no column constructor/],
    [{ size: undefined }, /has undefined for size/],
    [{ size: { gt: undefined } }, /undefined cannot be written/],
    [{ size: { '> 1 or 1 = 1 --': 1 } }, /has no operator/],
    [{ size: { toString: 1 } }, /has no operator toString/],
    [{ size: { in: 1 } }, /expects a list/],
  ])('%j', (filter, message) => {
    expect(() => condition(filter as never)).toThrow(message);
  });

  test.each([{}, { and: [] }, { and: [{}] }])('%j as the condition of a change to many rows', (filter) => {
    expect(() => requiredCondition(things, filter)).toThrow(/empty filter would change every row/);
  });
});
