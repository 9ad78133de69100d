import type { Check } from './check.js';
import { CHECKS } from './checks/all.js';
import { getCheck } from './select.js';
import type { Explanation } from './types.js';

/** What a check looks at, why, from where on it warns, and what helps. @throws BkDbError USAGE for an unknown id. */
export function explainCheck(id: string): Explanation {
  const { title, tier, why, threshold, advice } = getCheck(id);
  return { id, title, tier, why, threshold, remedy: advice };
}

/** All checks, in the order of reports. */
export function explainChecks(): { readonly checks: Explanation[] } {
  return { checks: CHECKS.map(({ id }) => explainCheck(id)) };
}

/** What a check is about, without how it is done. */
export type CheckFacts = Pick<Check, 'id' | 'title' | 'why' | 'advice'>;

/** Every check there is, in the order of reports. */
export function listChecks(): readonly CheckFacts[] {
  return CHECKS;
}
