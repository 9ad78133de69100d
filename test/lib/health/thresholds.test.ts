import { describe, expect, it } from 'vitest';
import { parseThresholds } from '../../../src/lib/health/index.js';

describe('parseThresholds', () => {
  it('reads one limit or two, times with their unit', () => {
    expect(parseThresholds(['conn.used=70:85', 'txn.longest=10m:1h', 'wrap.xid=1000'])).toEqual({
      'conn.used': { warning: 70, critical: 85 },
      'txn.longest': { warning: 600_000, critical: 3_600_000 },
      'wrap.xid': { warning: 1_000 },
    });
  });

  it.each([
    'conn.used',
    'conn.used=',
    'conn.used=a',
    'conn.used=1:2:3',
    'conn.usde=1',
    'idx.invalid=1',
    'txn.longest=-5',
  ])('refuses %s', (text) => {
    expect(() => parseThresholds([text])).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });
});
