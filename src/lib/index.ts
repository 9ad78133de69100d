/** The persistence layer: what `import ... from 'bk-db'` gives. */
export { connect, type ConnectOptions } from './connect.js';
export { BkDbError, EXIT_STATUSES, InterruptedError, type ErrorCode } from './core/errors.js';
export { loadConfig, type Config, type ConfigOptions } from './core/config/index.js';
export {
  describeTarget,
  type ConnectionTarget,
  type PoolSettings,
  type SslSettings,
} from './core/connection.js';
export {
  openDatabase,
  withDatabase,
  type Database,
  type OpenOptions,
  type Queryable,
  type Sql,
  type TransactionSql,
} from './core/database.js';
export { runTransaction, type TransactionOptions } from './core/transaction.js';
export { withAdvisoryLock, type AdvisoryLockOptions } from './core/advisory-lock.js';
export { Secret } from './core/secret.js';

export * from './repositories/index.js';
