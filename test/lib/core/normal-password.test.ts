import { expect, test } from 'vitest';
import { normalPassword } from '../../../src/lib/core/normal-password.js';

test.each([
  ['plain ASCII stays', 'a:b\\c"d\'', 'a:b\\c"d\''],
  ['an accent of two characters becomes one', 'e\u0301', '\u00e9'],
  ['a ligature is taken apart', '\ufb01x', 'fix'],
  ['a soft hyphen is dropped', 'I\u00adX', 'IX'],
  ['a no-break space becomes a space', 'a\u00a0b', 'a b'],
  ['a control character forbids it all', 'a\u00a0b\u0007', 'a\u00a0b\u0007'],
  ['an emoji stays', '🐘', '🐘'],
])('%s', (_, password, normal) => {
  expect(normalPassword(password)).toBe(normal);
});
