import { rounded } from '../numbers.js';
import type { Random } from '../random.js';

/** The range of each gene, and where in it the best value lies (0..1). */
const GENES = {
  learning_rate: { low: 0.01, high: 0.5, best: 0.24 },
  exploration_rate: { low: 0.1, high: 0.3, best: 0.45 },
  momentum: { low: 0.8, high: 0.99, best: 0.7 },
  weight_decay: { low: 0.0001, high: 0.01, best: 0.12 },
  temperature: { low: 0.5, high: 2, best: 0.35 },
} as const;

type Gene = keyof typeof GENES;
export type Genome = Readonly<Record<Gene, number>>;

const NAMES = Object.keys(GENES) as Gene[];

function genomeOf(value: (gene: Gene) => number): Genome {
  return Object.fromEntries(NAMES.map((gene) => [gene, rounded(value(gene), 6)])) as Genome;
}

export function randomGenome(random: Random): Genome {
  return genomeOf((gene) => GENES[gene].low + random.unit() * (GENES[gene].high - GENES[gene].low));
}

/** Each gene from one parent or the other. */
export function crossed(random: Random, a: Genome, b: Genome): Genome {
  return genomeOf((gene) => (random.chance(0.5) ? a : b)[gene]);
}

export interface Mutation {
  readonly gene: Gene;
  readonly from: number;
  readonly to: number;
}

/** One gene moved by a tenth of its range or so, never out of it. */
export function mutated(
  random: Random,
  genome: Genome,
): { readonly genome: Genome; readonly mutation: Mutation } {
  const gene = random.pick(NAMES);
  const { low, high } = GENES[gene];
  const to = rounded(Math.min(high, Math.max(low, genome[gene] + 0.1 * (high - low) * random.normal())), 6);
  return { genome: { ...genome, [gene]: to }, mutation: { gene, from: genome[gene], to } };
}

/** 0..1: how near the genome is to the best one. */
export function fitnessOf(genome: Genome): number {
  const distances = NAMES.map((gene) => {
    const { low, high, best } = GENES[gene];
    return ((genome[gene] - low) / (high - low) - best) ** 2;
  });
  const distance = Math.sqrt(distances.reduce((sum, square) => sum + square, 0) / NAMES.length);
  return rounded(Math.max(0, 1 - 1.4 * distance), 6);
}
