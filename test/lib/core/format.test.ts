import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatTime,
  plural,
} from '../../../src/lib/core/format.js';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [102_400, '100 KiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [1024 ** 3, '1.0 GiB'],
  [5 * 1024 ** 5, '5.0 PiB'],
  [5000 * 1024 ** 5, '5000 PiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1000, '1.0 s'],
  [59_940, '59.9 s'],
  [59_999, '1 m 00 s'],
  [185_000, '3 m 05 s'],
  [3_599_900, '1 h 00 m'],
  [3_720_000, '1 h 02 m'],
  [172_799_999, '2 d'],
  [259_200_000, '3 d'],
])('%d ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
  [-1_234, '-1,234'],
])('%d counts as %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test('plural', () => {
  expect([plural(0, 'table'), plural(1, 'table'), plural(1200, 'table')]).toEqual([
    '0 tables',
    '1 table',
    '1,200 tables',
  ]);
  expect(plural(2, 'entry', 'entries')).toBe('2 entries');
});

test('formatTime', () => {
  expect(formatTime('2026-11-22T03:15:00.123Z')).toBe('2026-11-22 03:15:00Z');
});
