import { parseDuration } from '../core/duration.js';
import { BkDbError } from '../core/errors.js';
import type { ThresholdOverrides } from './evaluate.js';
import { getCheck } from './select.js';
import type { Threshold } from './types.js';

/**
 * Reads limits such as `conn.used=70:85`, `txn.longest=10m:1h`, `wrap.xid=300000000`; without a second number
 * the critical limit stays. Times take a unit, all else is a number in the check's own unit.
 * @throws BkDbError USAGE for an unknown check, one without limits, or a limit that does not parse.
 */
export function parseThresholds(texts: readonly string[]): ThresholdOverrides {
  return Object.fromEntries(texts.map(parseThreshold));
}

function parseThreshold(text: string): [string, ThresholdOverrides[string]] {
  const [, id = '', warning = '', critical] = /^([^=]+)=([^:]+)(?::([^:]+))?$/.exec(text) ?? [];
  if (id === '') throw malformed(text, 'Write ID=WARNING or ID=WARNING:CRITICAL, such as conn.used=70:85.');
  const { threshold } = getCheck(id);
  if (threshold === null) throw malformed(text, `The check ${id} has no limits.`);
  const limits = [warning, critical].map((limit) =>
    limit === undefined ? undefined : parseLimit(limit, threshold.unit),
  );
  if (limits.includes(NaN))
    throw malformed(
      text,
      `Limits of ${id} are in ${threshold.unit}${threshold.unit === 'ms' ? ', written as 90s or 5m' : ''}.`,
    );
  const [atWarning = 0, atCritical] = limits;
  return [id, { warning: atWarning, ...(atCritical === undefined ? {} : { critical: atCritical }) }];
}

function parseLimit(text: string, unit: Threshold['unit']): number {
  if (unit === 'ms') return parseDuration(text) ?? NaN;
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

function malformed(text: string, hint: string): BkDbError {
  return new BkDbError('USAGE', `"${text}" is no threshold`, { hint });
}
