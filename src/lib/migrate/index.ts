export { adoptLedger, baselineLedger, type AdoptOptions, type BaselineOptions } from './adopt.js';
export { reachesBeyondDatabase } from './beyond-database.js';
export { compareSchemas } from './compare-schemas.js';
export { createMigration, type CreateMigrationOptions } from './create.js';
export type { LedgerDeps, MigrateDeps, RunLimits } from './deps.js';
export { findDrift, type DriftOptions } from './drift.js';
export { currentSchemaVersion } from './ledger.js';
export { explainMigrations } from './explain.js';
export { lintMigrations, type LintOptions } from './lint/index.js';
export { readFolder } from './folder.js';
export { withReplayed } from './replay.js';
export { withScratchDatabase } from './scratch-database.js';
export { listSchemaObjects, type SchemaObject } from './schema-objects.js';
export { migrate, type MigrateOptions } from './migrate.js';
export type { Direction } from './migration.js';
export { planRepairs, repairLedger, type RepairOptions } from './repair.js';
export { planRevert, revertMigrations, type RevertOptions } from './revert.js';
export { isSchemaFileCurrent, updateSchemaFile } from './schema-file.js';
export { splitScript } from './statements.js';
export { migrationStatus } from './status.js';
export { verifyMigrations, type VerifyOptions } from './verify.js';
export {
  adoptResultSchema,
  baselineResultSchema,
  createdMigrationSchema,
  driftResultSchema,
  explainResultSchema,
  lintResultSchema,
  migrateResultSchema,
  migrationStatusSchema,
  repairResultSchema,
  revertResultSchema,
  verifyResultSchema,
  type AdoptResult,
  type CreatedMigration,
  type DriftResult,
  type ExplainResult,
  type ForeignTool,
  type LintFinding,
  type LintResult,
  type MigrateResult,
  type MigrationRun,
  type MigrationState,
  type MigrationStatus,
  type MigrationStatusEntry,
  type Repair,
  type RevertResult,
  type SchemaDifference,
  type SchemaFile,
  type VerifyResult,
} from './types.js';
