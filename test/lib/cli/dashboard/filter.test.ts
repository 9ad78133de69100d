import { expect, it } from 'vitest';
import { parseFilter } from '../../../../src/lib/cli/dashboard/filter.js';
import type { Row } from '../../../../src/lib/cli/dashboard/tabs/tab.js';

const row: Row = {
  key: '1',
  cells: [{ text: '4711' }, { text: 'Update acct' }],
  words: { texts: ['set v = 1'], user: 'bob', db: 'shop', app: 'web', state: 'active', ageMs: 7_000 },
  detail: () => ({ facts: {} }),
  session: () => undefined,
  copy: () => '',
  record: () => ({}),
};

it.each([
  ['', true],
  ['  ', true],
  ['update', true],
  ['471 acct', true],
  ['acct nothing', false],
  ['!acct', false],
  ['!nothing acct', true],
  ['!', true],
  ['set', true],
  ['user:bob', true],
  ['user:alice', false],
  ['!user:alice db:shop app:we state:act', true],
  ['app:shop', false],
  ['>5s', true],
  ['>5s <1m', true],
  ['<5s', false],
  ['>7', false],
  ['>', true],
  ['>5x', true],
  ['!>5s', false],
])('%j: %s', (filter, fits) => {
  expect(parseFilter(filter)(row)).toBe(fits);
});

it('finds no age where there is none', () => {
  expect(parseFilter('>0s')({ ...row, words: {} })).toBe(false);
});
