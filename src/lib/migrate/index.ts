export { adoptLedger, baselineLedger, type AdoptOptions, type BaselineOptions } from './adopt.js';
export { createMigration, type CreateMigrationOptions } from './create.js';
export type { LedgerDeps, MigrateDeps, RunLimits } from './deps.js';
export { currentSchemaVersion } from './ledger.js';
export { migrate, type MigrateOptions } from './migrate.js';
export type { Direction } from './migration.js';
export { planRepairs, repairLedger, type RepairOptions } from './repair.js';
export { planRevert, revertMigrations, type RevertOptions } from './revert.js';
export { migrationStatus } from './status.js';
export {
  adoptResultSchema,
  baselineResultSchema,
  createdMigrationSchema,
  migrateResultSchema,
  migrationStatusSchema,
  repairResultSchema,
  revertResultSchema,
  type AdoptResult,
  type CreatedMigration,
  type ForeignTool,
  type MigrateResult,
  type MigrationRun,
  type MigrationState,
  type MigrationStatus,
  type MigrationStatusEntry,
  type Repair,
  type RevertResult,
} from './types.js';
