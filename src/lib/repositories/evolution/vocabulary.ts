import { vocabulary, type LabelOf } from '../base/index.js';

/** evolved: has been succeeded by a next generation. */
export const agentStatus = vocabulary('evolution.agent_status', [
  'active',
  'dormant',
  'evolved',
  'deprecated',
  'terminated',
]);
export type AgentStatus = LabelOf<typeof agentStatus>;

/** How parents are chosen. */
export const selectionStrategy = vocabulary('evolution.selection_strategy', [
  'fitness_proportionate',
  'tournament',
  'rank_based',
  'elitism',
  'diversity_preserving',
]);
export type SelectionStrategy = LabelOf<typeof selectionStrategy>;

/** What a mutation changes. */
export const mutationKind = vocabulary('evolution.mutation_kind', [
  'parameter',
  'structural',
  'behavioral',
  'capability',
  'hybrid',
]);
export type MutationKind = LabelOf<typeof mutationKind>;

/** State of an experiment as its owner sees it. */
export const experimentStatus = vocabulary('evolution.experiment_status', [
  'draft',
  'running',
  'paused',
  'completed',
  'failed',
  'archived',
]);
export type ExperimentStatus = LabelOf<typeof experimentStatus>;

/** pending -> running -> completed | aborted, pending -> aborted. */
export const generationStatus = vocabulary('evolution.generation_status', [
  'pending',
  'running',
  'completed',
  'aborted',
]);
export type GenerationStatus = LabelOf<typeof generationStatus>;

/** How an agent came about. */
export const agentOrigin = vocabulary('evolution.agent_origin', [
  'seed',
  'random',
  'elite',
  'crossover',
  'mutation',
  'immigrant',
]);
export type AgentOrigin = LabelOf<typeof agentOrigin>;

/** Why a snapshot was taken; one auto per generation. */
export const snapshotKind = vocabulary('evolution.snapshot_kind', ['auto', 'manual', 'best']);
export type SnapshotKind = LabelOf<typeof snapshotKind>;
