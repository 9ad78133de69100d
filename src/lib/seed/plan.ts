import { BkDbError } from '../core/errors.js';
import { seedsOf } from './domains.js';
import type { DomainSeed } from './fixtures.js';
import {
  DEFAULT_AS_OF,
  DEFAULT_SCALE,
  DEFAULT_SEED,
  MAX_SCALE,
  type SeedLevel,
  type SeedOptions,
} from './types.js';

/** What a run will do, its options checked and filled in. */
export interface SeedPlan {
  readonly level: SeedLevel;
  /** How many times the demo: 0 for level reference. */
  readonly scale: number;
  readonly seeds: readonly DomainSeed[];
  /** How many revisions of each configuration: two where the framework domain is seeded. */
  readonly revisions: number;
  readonly seed: string;
  readonly asOf: Date;
}

/**
 * Checks the options and fills in the defaults.
 * @throws BkDbError USAGE when they do not go together.
 */
export function planSeed(options: SeedOptions): SeedPlan {
  const { level = 'demo', seed = DEFAULT_SEED, asOf = new Date(DEFAULT_AS_OF) } = options;
  refuseIdleDomains(options);
  const seeds = level === 'reference' ? [] : seedsOf(options.domains);
  return {
    level,
    scale: scaleOf(level, options.scale),
    seeds,
    revisions: seeds.some(({ domain }) => domain === 'framework') ? 2 : 1,
    seed,
    asOf,
  };
}

function refuseIdleDomains({ level, domains }: SeedOptions): void {
  if (level !== 'reference' || domains === undefined || domains.includes('framework')) return;
  throw new BkDbError('USAGE', `level reference has nothing for ${domains.join(', ')}`, {
    hint: 'It holds the configurations of domain framework; --level demo has rows in every domain.',
  });
}

function scaleOf(level: SeedLevel, scale: number | undefined): number {
  if (level !== 'load' && scale !== undefined)
    throw new BkDbError('USAGE', `level ${level} has no scale`, { hint: 'Give --level load with --scale.' });
  if (level !== 'load') return level === 'demo' ? 1 : 0;
  const units = scale ?? DEFAULT_SCALE;
  if (Number.isInteger(units) && units >= 1 && units <= MAX_SCALE) return units;
  throw new BkDbError('USAGE', `not a scale: ${units}`, {
    hint: `Give a whole number from 1 to ${MAX_SCALE}.`,
  });
}
