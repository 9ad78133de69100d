import type { Fixtures } from '../fixtures.js';
import { sha256Bytea } from '../hashes.js';
import { jsonbText } from '../jsonb-text.js';
import { rounded, score } from '../numbers.js';
import { at, type Random } from '../random.js';
import { plus, SECOND_MS } from '../timeline.js';
import { crossed, fitnessOf, mutated, randomGenome, type Genome, type Mutation } from './genome.js';
import type { Experiment, Generation } from './experiment.js';

export const POPULATION = 20;
export const ELITE = 2;

/** In these generations parents are chosen badly: the best fitness stands still. */
const STAGNANT = [5, 6];

export interface Agent {
  readonly id: string;
  readonly generation: Generation;
  readonly slot: number;
  readonly origin: 'random' | 'elite' | 'crossover' | 'mutation';
  readonly genome: Genome;
  readonly mutations: readonly Mutation[];
  readonly parents: readonly Agent[];
  /** Undefined until evaluated. */
  readonly fitness: number | undefined;
  readonly depth: number;
}

/** All agents of an experiment, bred generation by generation. */
export function breed(fixtures: Fixtures, experiment: Experiment): Agent[] {
  let previous: Agent[] = [];
  return experiment.generations.flatMap((generation) => {
    previous = Array.from({ length: POPULATION }, (_, slot) =>
      bornAgent(fixtures, { experiment, generation, slot, previous }),
    );
    return previous;
  });
}

interface Birth {
  readonly experiment: Experiment;
  readonly generation: Generation;
  readonly slot: number;
  readonly previous: readonly Agent[];
}

function bornAgent(fixtures: Fixtures, { experiment, generation, slot, previous }: Birth): Agent {
  const random = fixtures.random('evolution.agents', `${experiment.n}/${generation.number}/${slot}`);
  const origin = originOf(random, generation, slot);
  const parents = chooseParents(random, { generation, slot, previous, origin });
  const { genome, mutations } = inherit(random, origin, parents);
  const evaluated = generation.status === 'completed' || slot < POPULATION / 2;
  return {
    id: random.uuid(generation.startedAt),
    generation,
    slot,
    origin,
    genome,
    mutations,
    parents,
    fitness: evaluated ? fitnessOf(genome) : undefined,
    depth: parents.length === 0 ? 0 : 1 + Math.max(...parents.map(({ depth }) => depth)),
  };
}

function originOf(random: Random, { number }: Generation, slot: number): Agent['origin'] {
  if (number === 0) return 'random';
  if (slot < ELITE) return 'elite';
  return random.chance(0.85) ? 'crossover' : 'mutation';
}

interface Choice extends Omit<Birth, 'experiment'> {
  readonly origin: Agent['origin'];
}

function chooseParents(random: Random, { generation, slot, previous, origin }: Choice): Agent[] {
  if (origin === 'random') return [];
  const ranked = previous.toSorted((a, b) => (b.fitness ?? 0) - (a.fitness ?? 0));
  if (origin === 'elite') return [at(ranked, slot)];
  const half = POPULATION / 2;
  const pool = STAGNANT.includes(generation.number) ? ranked.slice(half) : ranked.slice(0, half);
  return random.sample(pool, origin === 'crossover' ? 2 : 1);
}

function inherit(random: Random, origin: Agent['origin'], [a, b]: readonly Agent[]) {
  if (a === undefined) return { genome: randomGenome(random), mutations: [] };
  if (origin === 'elite') return { genome: a.genome, mutations: [] };
  const base = b === undefined ? a.genome : crossed(random, a.genome, b.genome);
  const { genome, mutation } = mutated(random, base);
  return { genome, mutations: [mutation] };
}

/** As trigger a_fill computes it. */
export function genomeSha256({ genome }: Agent): string {
  return sha256Bytea(jsonbText(genome));
}

/** The row of `evolution.agents`. */
export function agentRow(fixtures: Fixtures, experiment: Experiment, agent: Agent) {
  const { generation, slot, fitness } = agent;
  const random = fixtures.random('evolution.agents.row', agent.id);
  const isLast = generation === experiment.generations.at(-1);
  const evaluatedAt = fitness === undefined ? null : plus(generation.startedAt, (slot + 1) * 20 * SECOND_MS);
  return {
    id: agent.id,
    agent_key: agentKey(agent),
    experiment_id: experiment.id,
    generation_id: generation.id,
    generation_number: generation.number,
    slot,
    origin: agent.origin,
    status: isLast ? 'active' : 'evolved',
    genome: agent.genome,
    genome_sha256: genomeSha256(agent),
    phenotype: {},
    mutations: agent.mutations,
    capabilities: random.sample(['verify', 'debate', 'summarise', 'search'], 2),
    fitness: fitness ?? null,
    evaluated_at: evaluatedAt,
    task_success_rate: fitness === undefined ? null : score(fitness + 0.05 * random.normal()),
    adaptability: fitness === undefined ? null : score(0.6 + 0.1 * random.normal()),
    innovation: fitness === undefined ? null : score(0.5 + 0.15 * random.normal()),
    stability: fitness === undefined ? null : score(0.7 + 0.1 * random.normal()),
    lineage_depth: agent.depth,
    metadata: {},
    created_at: generation.startedAt,
    updated_at: evaluatedAt ?? generation.startedAt,
  };
}

function agentKey({ generation, slot }: Agent): string {
  return `g${String(generation.number).padStart(3, '0')}-${String(slot).padStart(2, '0')}`;
}

/** The rows of `evolution.agent_parents`. */
export function parentRows(experiment: Experiment, { id, generation, parents }: Agent) {
  return parents.map((parent, index) => ({
    child_id: id,
    ordinal: index + 1,
    parent_id: parent.id,
    experiment_id: experiment.id,
    child_generation: generation.number,
    parent_generation: parent.generation.number,
  }));
}

const ROUNDS = 3;

/** The rows of `evolution.agent_metrics`: three rounds of an evaluated agent. */
export function metricRows(fixtures: Fixtures, { id, fitness, genome, generation, slot }: Agent) {
  if (fitness === undefined) return [];
  return Array.from({ length: ROUNDS }, (_, round) => {
    const random = fixtures.random('evolution.agent_metrics', `${id}/${round}`);
    const tasks = random.integer(20, 40);
    const completed = Math.round(tasks * fitness);
    return {
      agent_id: id,
      round,
      fitness: score(fitness + 0.02 * random.normal()),
      tasks_completed: completed,
      tasks_failed: tasks - completed,
      avg_task_ms: rounded(random.logNormal(400, 0.6), 2),
      exploration_rate: rounded(genome.exploration_rate),
      cooperation: score(0.55 + 0.15 * random.normal()),
      robustness: score(0.65 + 0.12 * random.normal()),
      environment_fitness: { noisy: score(fitness - 0.1 * random.unit()) },
      extra: {},
      recorded_at: plus(generation.startedAt, (slot + (round + 1) / ROUNDS) * 20 * SECOND_MS),
    };
  });
}
