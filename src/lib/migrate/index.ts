export { createMigration, type CreateMigrationOptions } from './create.js';
export type { LedgerDeps, MigrateDeps, RunLimits } from './deps.js';
export { currentSchemaVersion } from './ledger.js';
export { migrate, type MigrateOptions } from './migrate.js';
export type { Direction } from './migration.js';
export { planRevert, revertMigrations, type RevertOptions } from './revert.js';
export { migrationStatus } from './status.js';
export {
  createdMigrationSchema,
  migrateResultSchema,
  migrationStatusSchema,
  revertResultSchema,
  type CreatedMigration,
  type MigrateResult,
  type MigrationRun,
  type MigrationState,
  type MigrationStatus,
  type MigrationStatusEntry,
  type RevertResult,
} from './types.js';
