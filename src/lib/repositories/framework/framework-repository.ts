import type * as z from 'zod';
import type { Queryable } from '../../core/database.js';
import {
  BaseRepository,
  listRows,
  RepositoryError,
  type Filter,
  type Order,
  type Page,
  type PageOptions,
  type Related,
  type RowSource,
} from '../base/index.js';
import type { QueryHooks } from '../base/monitor.js';
import type { FrameworkKind } from '../vocabulary.js';
import * as checkpoint from './checkpoints.js';
import * as config from './configs.js';
import * as execution from './executions.js';
import * as state from './states.js';
import * as statistics from './statistics.js';
import {
  configs,
  executionRelations,
  executions,
  states,
  type Checkpoint,
  type Config,
  type Execution,
  type NewConfig,
  type NewSample,
  type State,
} from './tables.js';
import type { ExecutionStats, RestoredState, SampleBucket, TrendPoint } from './types.js';
import type { CheckpointKind, StateKind } from './vocabulary.js';

type ExecutionRelation = keyof typeof executionRelations;

/** Frameworks: how they are configured and run, what they measure, their states and checkpoints. */
export class FrameworkRepository extends BaseRepository<typeof executions, typeof executionRelations> {
  constructor(db: Queryable, hooks?: QueryHooks) {
    super(db, executions, { relations: executionRelations, hooks });
  }

  /** Queues an execution with the configuration that is active now. */
  async enqueue(work: execution.NewExecution): Promise<Execution> {
    return execution.enqueue(this.executor, work);
  }

  /** Takes the next queued executions, each by exactly one worker. */
  async claimExecutions(options: {
    readonly worker: string;
    readonly framework?: FrameworkKind;
    readonly limit: number;
  }): Promise<Execution[]> {
    return execution.claimExecutions(this.executor, options);
  }

  /** Tells that the worker is alive; false when the execution is no longer its own. */
  async heartbeat(id: string, worker: string): Promise<boolean> {
    return execution.heartbeat(this.executor, id, worker);
  }

  /** Ends a running execution with its output and metrics. @throws RepositoryError LostLease. */
  async complete(id: string, completion: execution.Completion): Promise<Execution> {
    return execution.complete(this.executor, id, completion);
  }

  /** Ends a running execution as failed; with `retry` the same work is queued again. @throws RepositoryError LostLease. */
  async fail(
    id: string,
    failure: execution.Failure,
  ): Promise<{ readonly execution: Execution; readonly retry: Execution | undefined }> {
    return execution.fail(this.executor, id, failure);
  }

  /** Ends an execution nobody wants any more. @throws RepositoryError IllegalTransition when it has ended, NotFound. */
  async cancel(id: string): Promise<Execution> {
    return execution.cancel(this.executor, id);
  }

  /** Ends running executions whose worker has been silent for so long; returns how many. */
  async reapStalled(options: { readonly silentMs: number; readonly limit?: number }): Promise<number> {
    return execution.reapStalled(this.executor, options);
  }

  /** A page of the running executions, the latest first. */
  async getRunning(framework?: FrameworkKind, page: PageOptions = {}): Promise<Page<Execution>> {
    return this.list({
      ...page,
      filter: { status: 'running', ...(framework === undefined ? {} : { framework }) },
    });
  }

  /** A page of executions, the latest first unless ordered otherwise. */
  async listExecutions(
    filter: Filter<Execution> = {},
    page: PageOptions & { readonly order?: Order<Execution> } = {},
  ): Promise<Page<Execution>> {
    return this.list({ ...page, filter });
  }

  /** The execution with this id. @throws RepositoryError NotFound. */
  async getExecution<Names extends ExecutionRelation = never>(
    id: string,
    options: { readonly with?: readonly Names[] } = {},
  ): Promise<Execution & Related<typeof executionRelations, Names>> {
    return this.get(id, options);
  }

  /** What became of a framework's executions since then. */
  async executionStats(framework: FrameworkKind, since: Date): Promise<ExecutionStats> {
    return statistics.executionStats(this.executor, framework, since);
  }

  /** A metric of a framework's executions over time. */
  async performanceTrend(
    framework: FrameworkKind,
    metric: statistics.TrendMetric,
    span: statistics.Span,
  ): Promise<TrendPoint[]> {
    return statistics.performanceTrend(this.executor, { framework, metric }, span);
  }

  /** Stores samples of metrics, any number of them; returns how many. */
  async recordSamples(samples: RowSource<NewSample>): Promise<number> {
    return statistics.recordSamples(this.executor, samples);
  }

  /** The samples of one metric over time. */
  async aggregateSamples({
    framework,
    metric,
    ...span
  }: statistics.Span & { readonly framework: FrameworkKind; readonly metric: string }): Promise<
    SampleBucket[]
  > {
    return statistics.aggregateSamples(this.executor, { framework, metric }, span);
  }

  /** Stores a configuration as the next revision, a draft. */
  async createConfig(draft: NewConfig): Promise<Config> {
    return config.createConfig(this.executor, draft);
  }

  /** Judges a configuration's data by a schema and stores the verdict. @throws RepositoryError NotFound. */
  async validateConfig(id: string, schema: z.ZodType): Promise<Config> {
    return config.validateConfig(this.executor, id, schema);
  }

  /** Where two configurations differ, by path. @throws RepositoryError NotFound. */
  async diffConfigs(before: string, after: string): Promise<config.ConfigDifference[]> {
    return config.diffConfigs(this.executor, before, after);
  }

  /** Makes a valid draft the one that holds. @throws RepositoryError Check when it is not valid, IllegalTransition. */
  async activateConfig(id: string): Promise<Config> {
    return config.activateConfig(this.executor, id);
  }

  /** Brings an earlier revision's data back as a new revision that holds. @throws RepositoryError NotFound. */
  async rollbackConfig(framework: FrameworkKind, environment: string, toRevision: number): Promise<Config> {
    return config.rollbackConfig(this.executor, { framework, environment }, toRevision);
  }

  /** The configuration that holds: the environment's own, else the default one. @throws RepositoryError NotFound. */
  async getActiveConfig(framework: FrameworkKind, environment = 'default'): Promise<Config> {
    return config.getActiveConfig(this.executor, { framework, environment });
  }

  /** A page of a framework's revisions, the latest first. */
  async configHistory(
    framework: FrameworkKind,
    environment = 'default',
    page: PageOptions = {},
  ): Promise<Page<Config>> {
    const listing = { method: 'configHistory', table: configs };
    return listRows(this.executor, listing, { ...page, filter: { framework, environment } });
  }

  /** Stores the next version of a state and returns its number. @throws RepositoryError StaleVersion. */
  async saveState(
    framework: FrameworkKind,
    stateKey: string,
    options: state.SaveStateOptions,
  ): Promise<number> {
    return state.saveState(this.executor, { framework, stateKey }, options);
  }

  /** The current version of a state unless it has expired, or a certain version; undefined when there is none. */
  async findState(framework: FrameworkKind, stateKey: string, version?: number): Promise<State | undefined> {
    return state.findState(this.executor, { framework, stateKey }, version);
  }

  /** The same. @throws RepositoryError NotFound. */
  async getState(framework: FrameworkKind, stateKey: string, version?: number): Promise<State> {
    const found = await this.findState(framework, stateKey, version);
    if (found === undefined) throw new RepositoryError('NotFound', `${framework} has no state ${stateKey}`);
    return found;
  }

  /** The current states of a framework that have not expired, by key. */
  async listStates(framework: FrameworkKind, kind?: StateKind): Promise<State[]> {
    return state.listStates(this.executor, framework, kind);
  }

  /** A page of a state's versions, the latest first. */
  async stateHistory(
    framework: FrameworkKind,
    stateKey: string,
    page: PageOptions = {},
  ): Promise<Page<State>> {
    const listing = { method: 'stateHistory', table: states };
    return listRows(this.executor, listing, { ...page, filter: { framework, stateKey } });
  }

  /** Holds on to the versions that are current now, together. @throws RepositoryError NotFound. */
  async createCheckpoint(framework: FrameworkKind, options: checkpoint.NewCheckpoint): Promise<Checkpoint> {
    return checkpoint.createCheckpoint(this.executor, framework, options);
  }

  /** Makes the versions of a checkpoint current again, each as a new version. @throws RepositoryError NotFound. */
  async restoreCheckpoint(id: string): Promise<RestoredState[]> {
    return checkpoint.restoreCheckpoint(this.executor, id);
  }

  /** A page of a framework's checkpoints, the latest first. */
  async listCheckpoints(framework: FrameworkKind, page?: PageOptions): Promise<Page<Checkpoint>> {
    return checkpoint.listCheckpoints(this.executor, framework, page);
  }

  /** The framework's latest checkpoint, undefined when there is none. */
  async latestCheckpoint(framework: FrameworkKind, kind?: CheckpointKind): Promise<Checkpoint | undefined> {
    return checkpoint.latestCheckpoint(this.executor, framework, kind);
  }

  /** Marks a checkpoint as one to keep, or no longer. @throws RepositoryError NotFound. */
  async pinCheckpoint(id: string, isPinned = true): Promise<Checkpoint> {
    return checkpoint.pinCheckpoint(this.executor, id, isPinned);
  }

  /** Deletes old versions, never a current one nor one that a checkpoint holds; returns how many. */
  async pruneStates(options: state.PruneOptions): Promise<number> {
    return state.pruneStates(this.executor, options);
  }
}
