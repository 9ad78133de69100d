import { vocabulary, type LabelOf } from '../base/index.js';

/** queued -> running -> completed | failed | cancelled | timeout, or back to queued. */
export const executionStatus = vocabulary('framework.execution_status', [
  'queued',
  'running',
  'completed',
  'failed',
  'cancelled',
  'timeout',
]);
export type ExecutionStatus = LabelOf<typeof executionStatus>;

/** draft -> active -> retired. */
export const configStatus = vocabulary('framework.config_status', ['draft', 'active', 'retired']);
export type ConfigStatus = LabelOf<typeof configStatus>;

/** What a stored state is. */
export const stateKind = vocabulary('framework.state_kind', [
  'model',
  'cache',
  'checkpoint',
  'counter',
  'session',
]);
export type StateKind = LabelOf<typeof stateKind>;

/** Why a checkpoint was made. */
export const checkpointKind = vocabulary('framework.checkpoint_kind', [
  'manual',
  'scheduled',
  'best',
  'pre_migration',
]);
export type CheckpointKind = LabelOf<typeof checkpointKind>;
