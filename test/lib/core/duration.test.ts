import { expect, test } from 'vitest';
import { parseDuration } from '../../../src/lib/core/duration.js';

test.each([
  ['0', 0],
  ['1', 1_000],
  ['500ms', 500],
  ['1.5s', 1_500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['5min', 300_000],
  ['26h', 93_600_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
  [' 3s ', 3_000],
])('%j is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', 's', '-1s', '1 s', '1S', '1y', '5 minutes', '1h30m', '.5s', '1e3', 'NaN', 'Infinity', '１s'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
