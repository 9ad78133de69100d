export { FrameworkRepository } from './framework-repository.js';
export type { NewCheckpoint } from './checkpoints.js';
export type { ConfigDifference } from './configs.js';
export type { Completion, Failure, NewExecution, Usage } from './executions.js';
export type { PruneOptions, SaveStateOptions, StateContent } from './states.js';
export type { Span, TrendMetric } from './statistics.js';
export type {
  Checkpoint,
  Config as FrameworkConfig,
  Execution,
  ExecutionMetrics,
  NewConfig as NewFrameworkConfig,
  NewExecutionMetrics,
  NewSample,
  State as FrameworkState,
} from './tables.js';
export type * from './types.js';
export type * from './vocabulary.js';
