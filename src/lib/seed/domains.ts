import type { DomainSeed } from './fixtures.js';
import { DOMAINS, type Domain } from './types.js';
import { consensusSeed } from './consensus/index.js';
import { evolutionSeed } from './evolution/index.js';
import { frameworkSeed } from './framework/index.js';
import { powerDynamicsSeed } from './power-dynamics/index.js';
import { verificationSeed } from './verification/index.js';

const SEEDS: readonly DomainSeed[] = [
  verificationSeed,
  frameworkSeed,
  powerDynamicsSeed,
  evolutionSeed,
  consensusSeed,
];

/** The seeds of the domains and of those they refer to, in the order in which they must be written. */
export function seedsOf(domains: readonly Domain[] = DOMAINS): readonly DomainSeed[] {
  const needed = new Set(domains);
  for (const domain of needed) {
    for (const other of SEEDS.find((seed) => seed.domain === domain)?.needs ?? []) needed.add(other);
  }
  return SEEDS.filter(({ domain }) => needed.has(domain));
}
