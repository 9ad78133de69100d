/** What the command line does, for scripts: what `import ... from 'bk-db/operations'` gives. */
export { loadConfig, type Config, type ConfigOptions } from './core/config/index.js';
export { BkDbError, EXIT_STATUSES, type ErrorCode } from './core/errors.js';
export { createOpenTool, createRunTool, type OpenTool, type RunTool } from './core/process.js';
export type { PgStreamDeps, PgToolsDeps } from './core/pg-tools.js';
export type { OnProgress, ProgressEvent } from './core/progress.js';

export * from './backup/index.js';
export * from './offsite/index.js';
export * from './restore/index.js';
export * from './migrate/index.js';
export * from './maintain/index.js';
export * from './seed/index.js';
export * from './init/index.js';
export * from './health/index.js';
export * from './csv/index.js';
