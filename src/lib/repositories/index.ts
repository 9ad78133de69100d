/** The persistence layer of the BrahminyKite system: a repository for each domain. */
export { VerificationRepository } from './verification/index.js';
export type * from './verification/index.js';
export { ConsensusRepository } from './consensus/index.js';
export type * from './consensus/index.js';
export { FrameworkRepository } from './framework/index.js';
export type * from './framework/index.js';
export { PowerDynamicsRepository } from './power-dynamics/index.js';
export type * from './power-dynamics/index.js';
export { EvolutionRepository } from './evolution/index.js';
export type * from './evolution/index.js';

export { BaseRepository, type FindOptions, type RepositoryOptions } from './base/base-repository.js';
export { isRepositoryError, RepositoryError, type RepositoryErrorKind } from './base/repository-error.js';
export * as columns from './base/column.js';
export { defineTable, type NewRow, type Patch, type Row, type Table } from './base/table.js';
export { toMany, toOne } from './base/relations.js';
export type { BulkInsertOptions, RowSource } from './base/bulk-insert.js';
export type { Condition, Filter, Operators } from './base/filter.js';
export type { Cursor } from './base/cursor.js';
export type { ListOptions, OffsetOptions, OffsetPage, Page, PageOptions } from './base/page.js';
export type { Direction, Order } from './base/order.js';
export type { UpsertOptions } from './base/upsert.js';

export { monitorQuery, monitorTransaction } from './base/monitor.js';
export { monitoredQuery, monitoredTransaction } from './base/monitor-decorators.js';
export { monitorPool } from './base/monitor-pool.js';
export { withMonitoring } from './base/with-monitoring.js';
export type {
  Operation,
  PoolEvent,
  QueryEvent,
  QueryFailure,
  QueryHooks,
  QueryLabels,
  TransactionEvent,
} from './base/monitor.js';

export type * from './vocabulary.js';
