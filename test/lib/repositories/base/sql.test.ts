import { expect, test } from 'vitest';
import { join, raw, sql } from '../../../../src/lib/repositories/base/sql.js';

test('values become numbered parameters, in order', () => {
  const statement = sql`select ${1} where a = ${'x'}`;
  expect(statement.text).toBe('select $1 where a = $2');
  expect(statement.values).toEqual([1, 'x']);
});

test('fragments nest and are numbered as they stand in the whole', () => {
  const condition = sql`a = ${'x'} or b = ${null}`;
  const statement = sql`select ${0} where (${condition}) and ${raw('c')} = ${true}`;
  expect(statement.text).toBe('select $1 where (a = $2 or b = $3) and c = $4');
  expect(statement.values).toEqual([0, 'x', null, true]);
});

test('joins fragments, and an empty list to nothing', () => {
  expect(join([sql`${1}`, raw('b'), sql`${3}`], ', ').text).toBe('$1, b, $2');
  expect(sql`(${join([], ', ')})`.text).toBe('()');
});

test('a value never becomes SQL', () => {
  const statement = sql`select ${"'; drop table requests; --"}`;
  expect(statement.text).toBe('select $1');
});

test('undefined is refused: it never means null', () => {
  expect(() => sql`select ${undefined}`).toThrow(/undefined cannot be bound/);
});
