import { describe, expect, it } from 'vitest';
import { directoryNameOf, isPartialName } from '../../../src/lib/backup/store.js';

describe('directoryNameOf', () => {
  it.each([
    ['shop', 'shop'],
    ['my_db-2.old', 'my_db-2.old'],
    ['../x', '%2E.%2Fx'],
    ['.', '%2E'],
    ['a/b', 'a%2Fb'],
    ['.hidden', '%2Ehidden'],
    ['-rf', '%2Drf'],
    ['50%', '50%25'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['a\nb', 'a%0Ab'],
  ])('writes %j as %s', (database, expected) => {
    expect(directoryNameOf(database)).toBe(expected);
  });

  it('can be turned back for every name PostgreSQL allows', () => {
    const longest = 'é'.repeat(31);
    expect(decodeURIComponent(directoryNameOf(longest))).toBe(longest);
  });

  it('keeps names apart that are too long for a directory', () => {
    const [a, b] = [`${'ü'.repeat(100)}a`, `${'ü'.repeat(100)}b`].map(directoryNameOf);
    expect(a).not.toBe(b);
    expect(a?.length).toBeLessThanOrEqual(200);
  });
});

describe('isPartialName', () => {
  it('knows what is being written from what is finished', () => {
    expect(isPartialName('.20261122T031500Z-7f3a.partial')).toBe(true);
    expect(isPartialName('20261122T031500Z-7f3a')).toBe(false);
    expect(isPartialName('.lock')).toBe(false);
  });
});
