/** Fixtures for the BrahminyKite schema: deterministic, repeatable, legal. */
export { seed } from './seed.js';
export {
  DEFAULT_AS_OF,
  DEFAULT_SEED,
  DOMAINS,
  SEED_LEVELS,
  seedResultSchema,
  type Domain,
  type SeedDeps,
  type SeedLevel,
  type SeedOptions,
  type SeedResult,
} from './types.js';
