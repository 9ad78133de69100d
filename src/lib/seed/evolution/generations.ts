import type { Fixtures } from '../fixtures.js';
import { sha256Bytes } from '../hashes.js';
import { deviation, mean, rounded } from '../numbers.js';
import { ELITE, genomeSha256, POPULATION, type Agent } from './agents.js';
import type { Experiment, Generation } from './experiment.js';

/** The row of `evolution.experiments`. */
export function experimentRow(experiment: Experiment) {
  const { id, key, n, strategy, params, isRunning, createdAt, generations } = experiment;
  return {
    id,
    experiment_key: key,
    title: `${strategy === 'tournament' ? 'Tournament' : 'Rank-based'} selection of verification agents`,
    status: isRunning ? 'running' : 'completed',
    population_size: POPULATION,
    elite_size: ELITE,
    selection_strategy: strategy,
    selection_params: params,
    mutation_rate: 0.15,
    crossover_rate: 0.85,
    mutation_kinds: ['parameter'],
    rng_seed: 1_000 + n,
    params: { rounds: 3 },
    created_at: createdAt,
    updated_at: generations.at(-1)?.finishedAt ?? createdAt,
  };
}

/** The row of `evolution.generations`, with statistics once it is completed. */
export function generationRow(experiment: Experiment, generation: Generation, agents: readonly Agent[]) {
  const { id, number, status, startedAt, finishedAt } = generation;
  const own = fitnessesOf(agents, number);
  const before = fitnessesOf(agents, number - 1);
  const done = status === 'completed';
  return {
    id,
    experiment_id: experiment.id,
    number,
    status,
    population_size: POPULATION,
    params: {},
    avg_fitness: done ? rounded(mean(own), 6) : null,
    max_fitness: done ? Math.max(...own) : null,
    min_fitness: done ? Math.min(...own) : null,
    fitness_stddev: done ? rounded(deviation(own), 6) : null,
    genetic_diversity: done ? diversity(agents, number) : null,
    improvement_rate: done && number > 0 ? rounded((mean(own) - mean(before)) / mean(before), 6) : null,
    convergence: done ? rounded(1 - Math.min(1, deviation(own) / mean(own)), 6) : null,
    started_at: startedAt,
    finished_at: finishedAt ?? null,
    created_at: startedAt,
    updated_at: finishedAt ?? startedAt,
  };
}

/** The rows of `evolution.state_snapshots`: one for each completed generation, and one of the best of a finished experiment. */
export function snapshotRows(fixtures: Fixtures, experiment: Experiment, agents: readonly Agent[]) {
  const completed = experiment.generations.filter(({ status }) => status === 'completed');
  const last = completed.at(-1);
  return [
    ...completed.map((generation) => snapshotRow(fixtures, { experiment, generation, agents, kind: 'auto' })),
    ...(last === undefined || experiment.isRunning
      ? []
      : [snapshotRow(fixtures, { experiment, generation: last, agents, kind: 'best' })]),
  ];
}

interface Snapshot {
  readonly experiment: Experiment;
  readonly generation: Generation;
  readonly agents: readonly Agent[];
  readonly kind: 'auto' | 'best';
}

function snapshotRow(fixtures: Fixtures, { experiment, generation, agents, kind }: Snapshot) {
  const { id, number, startedAt, finishedAt = startedAt } = generation;
  const random = fixtures.random('evolution.state_snapshots', `${experiment.n}/${number}/${kind}`);
  const own = agents.filter((agent) => agent.generation === generation);
  const best = own.toSorted((a, b) => (b.fitness ?? 0) - (a.fitness ?? 0)).slice(0, ELITE);
  return {
    id: random.uuid(finishedAt),
    experiment_id: experiment.id,
    generation_id: id,
    generation_number: number,
    kind,
    params: { mutation_rate: 0.15, crossover_rate: 0.85 },
    rng_state: { state: random.integer(0, 2 ** 31) },
    elite: best.map(({ id: agentId, genome }) => ({ agent_id: agentId, genome })),
    population_sha256: sha256Bytes(own.map(genomeSha256)),
    best_fitness: best[0]?.fitness ?? null,
    diversity: diversity(agents, number),
    is_restorable: true,
    created_at: finishedAt,
  };
}

function fitnessesOf(agents: readonly Agent[], number: number): number[] {
  return agents.flatMap(({ generation, fitness }) =>
    generation.number === number && fitness !== undefined ? [fitness] : [],
  );
}

function diversity(agents: readonly Agent[], number: number): number {
  const own = agents.filter(({ generation }) => generation.number === number);
  return rounded(new Set(own.map(genomeSha256)).size / own.length);
}
