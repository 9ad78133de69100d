import { BkDbError } from '../core/errors.js';
import type { Check } from './check.js';
import { CHECKS } from './checks/all.js';
import type { Tier } from './collectors/collector.js';

/** The check of this name. @throws BkDbError USAGE with the names there are. */
export function getCheck(id: string): Check {
  const check = CHECKS.find((candidate) => candidate.id === id);
  if (check !== undefined) return check;
  throw new BkDbError('USAGE', `there is no check "${id}"`, {
    hint: `The checks are ${CHECKS.map((candidate) => candidate.id).join(', ')}.`,
  });
}

export interface CheckSelection {
  readonly only?: readonly string[];
  readonly diagnose?: boolean;
  readonly tier?: Tier;
}

/** The checks to run: those that are named, those of one tier, else all but the deep ones. @throws BkDbError USAGE. */
export function selectChecks({ only = [], diagnose = false, tier }: CheckSelection): readonly Check[] {
  if (only.length > 0) {
    const named = new Set(only.map(getCheck));
    return CHECKS.filter((check) => named.has(check));
  }
  return CHECKS.filter((check) =>
    tier === undefined ? diagnose || check.tier !== 'deep' : check.tier === tier,
  );
}
