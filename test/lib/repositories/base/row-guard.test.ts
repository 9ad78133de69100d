import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { rowGuard } from '../../../../src/lib/repositories/base/row-guard.js';

const VALUES = [
  'text',
  '',
  'on',
  0,
  -1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  null,
  undefined,
  new Date(0),
  new Date(Number.NaN),
  new Uint8Array(1),
  [],
  ['a'],
  {},
  10n,
];

const COLUMNS = {
  string: z.string(),
  number: z.number(),
  boolean: z.boolean(),
  date: z.date(),
  enum: z.enum(['on', 'off']),
  bytes: z.instanceof(Uint8Array),
  object: z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  unknown: z.unknown(),
  list: z.array(z.string()),
  nullable: z.string().nullable(),
  'nullable number': z.number().nullable(),
  'nullable list': z.array(z.string()).nullable(),
  checked: z.string().min(2),
  'checked and nullable': z.number().int().nullable(),
};

describe('rowGuard', () => {
  it.each(Object.entries(COLUMNS))('agrees with zod on a column of kind %s', (_, column) => {
    const schema = z.object({ value: column });
    const guard = rowGuard(schema);
    for (const value of VALUES)
      expect(guard?.accepts({ value }), typeof value).toBe(schema.safeParse({ value }).success);
  });

  it('knows how many columns a row has', () => {
    expect(rowGuard(z.object({ a: z.string(), b: z.string() }))?.columns).toBe(2);
  });

  it('leaves to zod what is no plain object', () => {
    expect(rowGuard(z.string())).toBeUndefined();
    expect(rowGuard(z.object({ a: z.string() }).refine(() => false))).toBeUndefined();
  });
});
