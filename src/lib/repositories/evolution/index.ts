export { EvolutionRepository } from './evolution-repository.js';
export type { StartedGeneration } from './generations.js';
export type { Evaluation, NewAgent } from './population.js';
export type { RankedAgent } from './reading.js';
export type { NewSnapshot, RestoredPopulation } from './snapshots.js';
export type {
  Agent,
  AgentMetrics,
  Experiment,
  Generation,
  NewAgentMetrics,
  NewExperiment,
  Snapshot,
} from './tables.js';
export type * from './types.js';
export type * from './vocabulary.js';
