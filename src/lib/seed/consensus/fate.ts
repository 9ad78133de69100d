import type { Fixtures } from '../fixtures.js';
import { DAY_MS, MINUTE_MS, plus } from '../timeline.js';

/** Proposals in a unit of scale. */
export const PROPOSALS_PER_UNIT = 40;

/** What a proposal is to go through: the last five of a unit are open, the first is withdrawn for its refinement. */
export type Fate = 'decided' | 'withdrawn' | 'expired' | 'voting' | 'pending';

/** The fate of a unit's proposal by its place, 0..39. */
export function fateOf(inUnit: number): Fate {
  if (inUnit >= 38) return 'pending';
  if (inUnit >= 35) return 'voting';
  if (inUnit === 20) return 'expired';
  return inUnit === 0 ? 'withdrawn' : 'decided';
}

/** When proposal `k` is made: one after the other over the period, the open ones just before the present. */
export function arrivalOf(fixtures: Fixtures, k: number): Date {
  const { timeline } = fixtures;
  const inUnit = k % PROPOSALS_PER_UNIT;
  const random = fixtures.random('consensus.proposals.arrival', k);
  const fate = fateOf(inUnit);
  if (fate === 'pending') return timeline.before(random.integer(2, 20) * MINUTE_MS);
  if (fate === 'voting') return timeline.before(random.integer(60, 180) * MINUTE_MS);
  return plus(timeline.start, 3 * DAY_MS + ((inUnit + random.unit()) / 35) * 85 * DAY_MS);
}
