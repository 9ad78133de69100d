import type { Queryable } from '../../core/database.js';
import {
  BaseRepository,
  listRows,
  type Filter,
  type JsonObject,
  type Page,
  type PageOptions,
} from '../base/index.js';
import type { QueryHooks } from '../base/monitor.js';
import * as generation from './generations.js';
import * as population from './population.js';
import * as reading from './reading.js';
import * as snapshot from './snapshots.js';
import {
  agentMetrics,
  experimentRelations,
  experiments,
  type Agent,
  type AgentMetrics,
  type Experiment,
  type Generation,
  type NewAgentMetrics,
  type NewExperiment,
  type Snapshot,
} from './tables.js';
import type { Diversity, Kin, Stagnation, TrajectoryPoint } from './types.js';
import type { AgentStatus, ExperimentStatus } from './vocabulary.js';

/** Experiments: populations of agents that evolve, generation by generation. */
export class EvolutionRepository extends BaseRepository<typeof experiments, typeof experimentRelations> {
  constructor(db: Queryable, hooks?: QueryHooks) {
    super(db, experiments, { relations: experimentRelations, hooks });
  }

  /** Stores an experiment, a draft unless it says otherwise. */
  async createExperiment(values: NewExperiment): Promise<Experiment> {
    return generation.createExperiment(this.executor, values);
  }

  /** Changes an experiment's status. @throws RepositoryError NotFound. */
  async setExperimentStatus(id: string, status: ExperimentStatus): Promise<Experiment> {
    return generation.setExperimentStatus(this.executor, id, status);
  }

  /** Begins an experiment with generation 0, made of these genomes. @throws RepositoryError NotFound, Conflict. */
  async startExperiment(
    experimentKey: string,
    { genomes }: { readonly genomes: readonly JsonObject[] },
  ): Promise<generation.StartedGeneration> {
    return generation.startExperiment(this.executor, experimentKey, genomes);
  }

  /** Begins the next generation. @throws RepositoryError NotFound, Conflict while another one runs. */
  async startGeneration(experimentId: string, params?: JsonObject): Promise<Generation> {
    return generation.startGeneration(this.executor, experimentId, params);
  }

  /** Adds agents to an unfinished generation; returns their ids in order. @throws RepositoryError NotFound, Reference. */
  async addAgents(generationId: string, agents: readonly population.NewAgent[]): Promise<string[]> {
    return generation.addAgents(this.executor, generationId, agents);
  }

  /** Stores what evaluations have found, all or nothing. @throws RepositoryError NotFound; Immutable once the generation is finished. */
  async recordFitness(evaluations: readonly population.Evaluation[]): Promise<number> {
    return population.recordFitness(this.executor, evaluations);
  }

  /** Stores measurements by agent and round, over earlier ones; returns how many are new or different. */
  async recordAgentMetrics(rows: readonly NewAgentMetrics[]): Promise<number> {
    const metrics = new BaseRepository(this.executor.db, agentMetrics, { hooks: this.hooks });
    return metrics.upsertMany(rows, { conflict: ['agentId', 'round'] });
  }

  /** Ends a generation with its statistics. @throws RepositoryError NotFound, MissingResults. */
  async completeGeneration(id: string): Promise<Generation> {
    return generation.completeGeneration(this.executor, id);
  }

  /** Completes the running generation, with a snapshot, and begins the next one with these agents: all or nothing. */
  async advance(
    experimentId: string,
    offspring: readonly population.NewAgent[],
  ): Promise<generation.StartedGeneration> {
    return generation.advance(this.executor, experimentId, offspring);
  }

  /** Gives a generation up; the reason stays among its params. @throws RepositoryError IllegalTransition, NotFound. */
  async abortGeneration(id: string, reason: string): Promise<Generation> {
    return generation.abortGeneration(this.executor, id, reason);
  }

  /** Changes the status of agents; returns how many there were. */
  async setAgentStatus(ids: readonly string[], status: AgentStatus): Promise<number> {
    return population.setAgentStatus(this.executor, ids, status);
  }

  /** The generation with the highest number. @throws RepositoryError NotFound when there is none. */
  async getLatestGeneration(experimentId: string): Promise<Generation> {
    return reading.getLatestGeneration(this.executor, experimentId);
  }

  /** A page of a generation's agents, the fittest first, unevaluated ones last. */
  async getGenerationAgents(
    generationId: string,
    filter: Filter<Agent> = {},
    page: PageOptions = {},
  ): Promise<Page<Agent>> {
    return reading.getGenerationAgents(this.executor, { generationId, filter }, page);
  }

  /** The fittest agents of a generation that are active, or were until a next generation followed. */
  async getElite(generationId: string, limit: number): Promise<Agent[]> {
    return reading.getElite(this.executor, generationId, limit);
  }

  /** The fittest agents of an experiment or of one of its generations, with their ranks. */
  async leaderboard(
    experimentId: string,
    options: { readonly limit?: number; readonly generation?: number } = {},
  ): Promise<reading.RankedAgent[]> {
    return reading.leaderboard(this.executor, experimentId, options);
  }

  /** The fitness of every generation, the first first. */
  async fitnessTrajectory(experimentId: string): Promise<TrajectoryPoint[]> {
    return reading.fitnessTrajectory(this.executor, experimentId);
  }

  /** Whether the best fitness has risen by no more than `epsilon` (1e-6) over `window` (5) completed generations. */
  async stagnation(
    experimentId: string,
    options: { readonly window?: number; readonly epsilon?: number } = {},
  ): Promise<Stagnation> {
    return reading.stagnation(this.executor, experimentId, options);
  }

  /** Those an agent descends from, the nearest first. */
  async ancestors(agentId: string, options: { readonly maxDepth?: number } = {}): Promise<Kin[]> {
    return reading.kin(this.executor, { agentId, direction: 'up' }, options);
  }

  /** Those that descend from an agent, the nearest first. */
  async descendants(agentId: string, options: { readonly maxDepth?: number } = {}): Promise<Kin[]> {
    return reading.kin(this.executor, { agentId, direction: 'down' }, options);
  }

  /** The measurements of agents in a round, in the order of the ids. */
  async compareAgents(ids: readonly string[], round: number): Promise<AgentMetrics[]> {
    return reading.compareAgents(this.executor, ids, round);
  }

  /** A page of an agent's measurements, the first round first. */
  async agentHistory(agentId: string, page: PageOptions = {}): Promise<Page<AgentMetrics>> {
    const listing = { method: 'agentHistory', table: agentMetrics };
    return listRows(this.executor, listing, { ...page, filter: { agentId } });
  }

  /** How different the genomes of a generation are. */
  async diversity(generationId: string): Promise<Diversity> {
    return reading.diversity(this.executor, generationId);
  }

  /** Keeps what it takes to go on from a generation. @throws RepositoryError NotFound; Conflict for a second `auto`. */
  async saveSnapshot(generationId: string, values?: snapshot.NewSnapshot): Promise<Snapshot> {
    return snapshot.saveSnapshot(this.executor, generationId, values);
  }

  /** The latest snapshot of an experiment, of those that can be restored unless told otherwise; undefined without one. */
  async latestSnapshot(
    experimentId: string,
    options?: { readonly restorable?: boolean },
  ): Promise<Snapshot | undefined> {
    return snapshot.latestSnapshot(this.executor, experimentId, options);
  }

  /** What a snapshot kept, after its population was found unchanged. @throws RepositoryError NotFound, SnapshotMismatch. */
  async restoreSnapshot(id: string): Promise<snapshot.RestoredPopulation> {
    return snapshot.restoreSnapshot(this.executor, id);
  }
}
