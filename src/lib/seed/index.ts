/** Fixtures for the BrahminyKite schema: deterministic, repeatable, legal. */
export { parseAsOf } from './as-of.js';
export { seed } from './seed.js';
export {
  DEFAULT_AS_OF,
  DEFAULT_SCALE,
  DEFAULT_SEED,
  DOMAINS,
  MAX_SCALE,
  SEED_LEVELS,
  seedResultSchema,
  type Domain,
  type SeedDeps,
  type SeedLevel,
  type SeedOptions,
  type SeedResult,
} from './types.js';
