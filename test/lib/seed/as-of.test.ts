import { describe, expect, it } from 'vitest';
import { parseAsOf } from '../../../src/lib/seed/index.js';

const now = new Date('2026-11-22T13:14:15.678Z');

describe('parseAsOf', () => {
  it.each([
    ['2025-06-01', '2025-06-01T00:00:00.000Z'],
    ['2025-06-01T12:30:00Z', '2025-06-01T12:30:00.000Z'],
    ['2025-06-01T12:30+02:00', '2025-06-01T10:30:00.000Z'],
    ['now', '2026-11-22T00:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseAsOf(text, now).toISOString()).toBe(instant);
  });

  it.each(['', 'yesterday', '2025-13-01', '2025-06-01T12:30', '0001-01-01', '12'])('refuses "%s"', (text) => {
    expect(() => parseAsOf(text, now)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
