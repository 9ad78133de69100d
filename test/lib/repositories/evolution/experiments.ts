import type { EvolutionRepository } from '../../../../src/lib/repositories/index.js';

let made = 0;

/** A genome of two genes. */
export const genome = (n: number) => ({ learning_rate: n / 100, layers: [n] });

/** An experiment whose generation 0 has so many agents, the first three with the same genome. */
export async function startedExperiment(repository: EvolutionRepository, size = 5) {
  made++;
  const experiment = await repository.createExperiment({
    experimentKey: `e${made}`,
    populationSize: size,
    eliteSize: 2,
    selectionStrategy: 'tournament',
    mutationKinds: ['parameter', 'hybrid'],
    rngSeed: '9007199254740993',
  });
  const genomes = Array.from({ length: size }, (_, n) => genome(Math.max(0, n - 2)));
  return { experiment, ...(await repository.startExperiment(experiment.experimentKey, { genomes })) };
}

/** Records the fitness of each agent by its place in the list. */
export function evaluateAll(
  repository: EvolutionRepository,
  agentIds: readonly string[],
  fitness: (n: number) => number,
): Promise<number> {
  return repository.recordFitness(agentIds.map((agentId, n) => ({ agentId, fitness: fitness(n) })));
}
