import { describe, expect, it } from 'vitest';
import { orderTables } from '../../../src/lib/csv/table-order.js';

describe('orderTables', () => {
  it('puts tables behind those they refer to, else as they were', () => {
    const keys = [
      { from: 'a', to: 'c' },
      { from: 'c', to: 'd' },
      { from: 'b', to: 'b' },
    ];
    expect(orderTables(['a', 'b', 'c', 'd'], keys)).toEqual(['b', 'd', 'c', 'a']);
  });

  it('ends where references run in a circle', () => {
    const keys = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
      { from: 'c', to: 'a' },
    ];
    expect(orderTables(['c', 'a', 'b'], keys)).toHaveLength(3);
  });
});
