import { describe, expect, it } from 'vitest';
import { rowRandom } from '../../../src/lib/seed/random.js';

const draws = (seed: string, table: string, row: number) => {
  const random = rowRandom(seed, table, row);
  return Array.from({ length: 5 }, () => random.unit());
};

describe('rowRandom', () => {
  it('gives a row the same draws, whatever was drawn before', () => {
    const alone = draws('bk', 'verification.requests', 7);
    for (let row = 0; row < 7; row++) draws('bk', 'verification.requests', row);
    expect(draws('bk', 'verification.requests', 7)).toEqual(alone);
  });

  it('gives other draws to another seed, table and row', () => {
    const all = [draws('bk', 't', 1), draws('other', 't', 1), draws('bk', 'u', 1), draws('bk', 't', 2)];
    expect(new Set(all.map(([first]) => first)).size).toBe(4);
  });

  it('makes UUIDs of version 7 and variant 10 whose first 48 bits are the instant', () => {
    const instant = new Date('2025-03-04T05:06:07.089Z');
    const uuid = rowRandom('bk', 't', 1).uuid(instant);
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)).toBe(instant.getTime());
  });

  it('stays inside the bounds it was given', () => {
    const random = rowRandom('bk', 't', 1);
    const numbers = Array.from({ length: 500 }, () => random.integer(3, 5));
    expect(new Set(numbers)).toEqual(new Set([3, 4, 5]));
    expect(random.sample(['a', 'b', 'c'], 9).toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('draws in proportion to weights, and log-normal values around their median', () => {
    const random = rowRandom('bk', 't', 2);
    const heavy = Array.from({ length: 4000 }, () =>
      random.weighted([
        ['a', 3],
        ['b', 1],
      ] as const),
    );
    expect(heavy.filter((value) => value === 'a').length / 4000).toBeCloseTo(0.75, 1);
    const times = Array.from({ length: 4001 }, () => random.logNormal(400, 0.99)).toSorted((a, b) => a - b);
    expect(times[2000]).toBeGreaterThan(360);
    expect(times[2000]).toBeLessThan(440);
  });
});
