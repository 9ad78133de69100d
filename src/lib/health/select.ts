import { BkDbError } from '../core/errors.js';
import type { Check } from './check.js';
import { CHECKS } from './checks/all.js';

/** The check of this name. @throws BkDbError USAGE with the names there are. */
export function getCheck(id: string): Check {
  const check = CHECKS.find((candidate) => candidate.id === id);
  if (check !== undefined) return check;
  throw new BkDbError('USAGE', `there is no check "${id}"`, {
    hint: `The checks are ${CHECKS.map((candidate) => candidate.id).join(', ')}.`,
  });
}

/** The checks to run: those that are named, else all but the deep ones, or all with `diagnose`. */
export function selectChecks(only: readonly string[], diagnose: boolean): readonly Check[] {
  if (only.length > 0) {
    const named = new Set(only.map(getCheck));
    return CHECKS.filter((check) => named.has(check));
  }
  return CHECKS.filter(({ tier }) => diagnose || tier !== 'deep');
}
