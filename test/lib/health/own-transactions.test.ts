import { expect, it } from 'vitest';
import { OwnTransactions } from '../../../src/lib/health/own-transactions.js';

it('keeps our transactions out of the count, whenever the server reports them', () => {
  const own = new OwnTransactions();
  own.add(3, 0);
  own.add(20, 1_000);
  expect(own.take(0, 2_000)).toBe(0);
  expect(own.take(5, 3_000)).toBe(5);
  expect(own.take(100, 4_000)).toBe(18);
  expect(own.take(100, 5_000)).toBe(0);
});

it('forgets what the server never counted', () => {
  const own = new OwnTransactions();
  own.add(3, 0);
  expect(own.take(10, 60_000)).toBe(0);
});
