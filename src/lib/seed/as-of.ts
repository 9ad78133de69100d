import { BkDbError } from '../core/errors.js';
import { DAY_MS } from './timeline.js';

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * The instant that `--as-of` names: ISO 8601 with a time zone, a date (midnight UTC), or `now`, which stands for the
 * start of the UTC day so that a second run on that day gives the same rows.
 * @throws BkDbError USAGE
 */
export function parseAsOf(text: string, now: Date): Date {
  if (text === 'now') return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
  const instant = new Date(text);
  if (ISO_TIME.test(text) && !Number.isNaN(instant.getTime()) && instant.getUTCFullYear() >= 1971)
    return instant;
  throw new BkDbError('USAGE', `not a time: --as-of "${text}"`, {
    hint: 'Give a date (2025-06-01), a time with its zone (2025-06-01T12:00:00Z), or now.',
  });
}
