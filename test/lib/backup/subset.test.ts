import { expect, it } from 'vitest';
import { isInSubset, parseSubset } from '../../../src/lib/backup/subset.js';

it('puts each backup into exactly one part, and the parts are of a size', () => {
  const ids = Array.from({ length: 700 }, (_, index) => `2026${index}T030000Z-aaaa`);
  const parts = [1, 2, 3, 4, 5, 6, 7].map((part) => ids.filter((id) => isInSubset(id, { part, parts: 7 })));
  expect(parts.flat().sort()).toEqual([...ids].sort());
  for (const part of parts) expect(part.length).toBeGreaterThan(60);
});

it('reads 1/7 and nothing that means no part', () => {
  expect(parseSubset('1/7')).toEqual({ part: 1, parts: 7 });
  for (const text of ['0/7', '8/7', '1/0', '1', '1/x', '-1/7', '1/7/2'])
    expect(parseSubset(text), text).toBeUndefined();
});
