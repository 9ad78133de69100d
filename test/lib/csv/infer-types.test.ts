import { describe, expect, it } from 'vitest';
import { ColumnType } from '../../../src/lib/csv/infer-types.js';

function typeOf(...values: readonly (string | null)[]) {
  const column = new ColumnType();
  for (const value of values) column.see(value);
  return `${column.type}${column.nullable ? '' : ' not null'}`;
}

describe('the type of a column', () => {
  it.each([
    [['1', '-2', '0'], 'integer not null'],
    [['1', '2147483648'], 'bigint not null'],
    [['9223372036854775808'], 'numeric not null'],
    [['1.50', '2'], 'numeric not null'],
    [['007'], 'text not null'],
    [['+1'], 'text not null'],
    [['-0'], 'numeric not null'],
    [['1e5'], 'text not null'],
    [['t', 'f'], 'boolean not null'],
    [['yes'], 'text not null'],
    [['2024-02-29'], 'date not null'],
    [['2023-02-29'], 'text not null'],
    [['2024-01-01', 'x'], 'text not null'],
    [['1', '2024-01-01'], 'text not null'],
    [['2024-01-01 10:00:00+00', '2024-01-01T23:59:59.123Z'], 'timestamp with time zone not null'],
    [['2024-01-01 10:00'], 'timestamp without time zone not null'],
    [['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], 'uuid not null'],
    [['1', null], 'integer'],
    [['', '1'], 'text not null'],
    [[null, null], 'text'],
    [[], 'text'],
  ])('%j is %s', (values, type) => {
    expect(typeOf(...values)).toBe(type);
  });
});
