import * as z from 'zod';

/** Whose naming and markers a folder follows. `pairs` is bk-db's own, and golang-migrate's. */
const LAYOUTS = ['pairs', 'dbmate', 'goose', 'flyway', 'plain'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** What is known of one migration from its file and from the ledger. */
const MIGRATION_STATES = [
  'applied',
  'pending',
  /** Applied; since then only comments, white space or the case of keywords changed. */
  'cosmetic',
  /** Applied; since then its statements changed. */
  'edited',
  /** In the ledger, but its file is gone. */
  'missing',
  /** Not applied although a later one is. */
  'out-of-order',
  /** A file without a transaction that stopped halfway. */
  'unfinished',
  /** Not applied, and not to be: the database had it when the ledger began. */
  'baseline',
] as const;
export type MigrationState = (typeof MIGRATION_STATES)[number];

/** A migration that was applied or reverted. */
const migrationRunSchema = z.object({
  version: z.string(),
  name: z.string(),
  file: z.string(),
  durationMs: z.number(),
});
export type MigrationRun = z.infer<typeof migrationRunSchema>;

const plannedMigrationSchema = z.object({
  version: z.string(),
  name: z.string(),
  file: z.string(),
  transactional: z.boolean(),
  /** The statements as they would be sent. */
  sql: z.string(),
});
export type PlannedMigration = z.infer<typeof plannedMigrationSchema>;

const schemaFileSchema = z.object({ path: z.string(), change: z.enum(['created', 'rewritten', 'none']) });
/** What became of the file that holds the schema. */
export type SchemaFile = z.infer<typeof schemaFileSchema>;

export const migrateResultSchema = z.object({
  migrationsDir: z.string(),
  fromVersion: z.string().nullable(),
  toVersion: z.string().nullable(),
  applied: z.array(migrationRunSchema),
  /** With --dry-run: what would be applied. */
  planned: z.array(plannedMigrationSchema),
  dryRun: z.boolean(),
  /** Where one is kept. */
  schemaFile: schemaFileSchema.optional(),
});
export type MigrateResult = z.infer<typeof migrateResultSchema>;

export const revertResultSchema = z.object({
  migrationsDir: z.string(),
  fromVersion: z.string().nullable(),
  toVersion: z.string().nullable(),
  reverted: z.array(migrationRunSchema),
  /** With `redo`: what was applied again. */
  applied: z.array(migrationRunSchema),
  /** Where one is kept. */
  schemaFile: schemaFileSchema.optional(),
});
export type RevertResult = z.infer<typeof revertResultSchema>;

const migrationStatusEntrySchema = z.object({
  version: z.string(),
  name: z.string(),
  /** Version and name as lists and messages show them. */
  label: z.string(),
  kind: z.enum(['versioned', 'repeatable']),
  state: z.enum(MIGRATION_STATES),
  /** Null when the file is missing. */
  file: z.string().nullable(),
  appliedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  appliedBy: z.string().nullable(),
});
export type MigrationStatusEntry = z.infer<typeof migrationStatusEntrySchema>;

export const migrationStatusSchema = z.object({
  migrationsDir: z.string(),
  layout: z.enum(LAYOUTS),
  /** The last applied version, null in a database without any. */
  currentVersion: z.string().nullable(),
  upToDate: z.boolean(),
  pending: z.number(),
  /** Migrations that were edited, are missing or out of order. */
  problems: z.number(),
  migrations: z.array(migrationStatusEntrySchema),
  /** With --check and a schema file: whether it holds the schema as it is. */
  schemaFileCurrent: z.boolean().optional(),
});
export type MigrationStatus = z.infer<typeof migrationStatusSchema>;

export const createdMigrationSchema = z.object({ version: z.string(), files: z.array(z.string()) });
export type CreatedMigration = z.infer<typeof createdMigrationSchema>;

const repairSchema = z.object({
  version: z.string(),
  label: z.string(),
  /** `accept`: the file counts as it is now; `forget`: the row of a vanished file goes. */
  action: z.enum(['accept', 'forget']),
});
export type Repair = z.infer<typeof repairSchema>;

export const repairResultSchema = z.object({ repairs: z.array(repairSchema) });

const FOREIGN_TOOLS = [
  'dbmate',
  'golang-migrate',
  'goose',
  'flyway',
  'node-pg-migrate',
  'graphile-migrate',
  'drizzle',
  'prisma',
] as const;
/** A tool whose ledger can be taken over. */
export type ForeignTool = (typeof FOREIGN_TOOLS)[number];

export const adoptResultSchema = z.object({
  from: z.enum(FOREIGN_TOOLS),
  table: z.string(),
  adopted: z.array(z.string()),
});
export type AdoptResult = z.infer<typeof adoptResultSchema>;

export const baselineResultSchema = z.object({ version: z.string(), covered: z.number() });

const schemaDifferenceSchema = z.object({
  change: z.enum(['missing', 'extra', 'changed']),
  /** Such as `table`, `column`, `index`. */
  kind: z.string(),
  name: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
});
export type SchemaDifference = z.infer<typeof schemaDifferenceSchema>;

const verifiedMigrationSchema = z.object({
  version: z.string(),
  label: z.string(),
  /** `differs`: the way back leaves another schema than there was; `failed`: it, or the second way forth, fails. */
  verdict: z.enum(['reversible', 'irreversible', 'repeatable', 'differs', 'failed']),
  error: z.string().nullable(),
  differences: z.array(schemaDifferenceSchema),
});
export type VerifiedMigration = z.infer<typeof verifiedMigrationSchema>;

export const verifyResultSchema = z.object({
  migrationsDir: z.string(),
  /** Migrations whose way back is wrong. */
  findings: z.number(),
  migrations: z.array(verifiedMigrationSchema),
});
export type VerifyResult = z.infer<typeof verifyResultSchema>;

const notReplayedSchema = z.object({ file: z.string(), line: z.number(), statement: z.string() });
export type NotReplayed = z.infer<typeof notReplayedSchema>;

export const driftResultSchema = z.object({
  migrationsDir: z.string(),
  currentVersion: z.string().nullable(),
  /** Expected is what the migrations make, actual is what the database has. */
  differences: z.array(schemaDifferenceSchema),
  /** Statements of the migrations that change more than their database, and were not run again for the comparison. */
  notReplayed: z.array(notReplayedSchema),
});
export type DriftResult = z.infer<typeof driftResultSchema>;

const lintFindingSchema = z.object({
  path: z.string(),
  file: z.string(),
  line: z.number(),
  column: z.number(),
  rule: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type LintFinding = z.infer<typeof lintFindingSchema>;

export const lintResultSchema = z.object({ files: z.number(), findings: z.array(lintFindingSchema) });
export type LintResult = z.infer<typeof lintResultSchema>;

/** What a statement does to one table that others use. */
const effectSchema = z.object({
  table: z.string(),
  /** The planner's estimate in the real database. */
  rows: z.number(),
  bytes: z.number(),
  /** What others cannot do until the migration's transaction ends; null for nothing that matters. */
  blocks: z.enum(['reads and writes', 'writes', 'schema changes']).nullable(),
  dropped: z.boolean(),
  droppedColumns: z.array(z.string()),
  rewritten: z.boolean(),
  /** All rows are read. */
  scanned: z.boolean(),
  newIndexes: z.array(z.string()),
});
export type Effect = z.infer<typeof effectSchema>;

const explainedStatementSchema = z.object({
  migration: z.string(),
  file: z.string(),
  line: z.number(),
  statement: z.string(),
  /**
   * `long`: others are kept out while all rows are read or written; `data`: rows or columns are lost; `unknown`: it was not run,
   * because it loads rows, or reaches beyond its database.
   */
  risk: z.enum(['none', 'brief', 'long', 'data', 'unknown']),
  /** False outside a transaction, where locks cannot be seen. */
  locksKnown: z.boolean(),
  effects: z.array(effectSchema),
});
export type ExplainedStatement = z.infer<typeof explainedStatementSchema>;

export const explainResultSchema = z.object({
  migrationsDir: z.string(),
  statements: z.array(explainedStatementSchema),
  /** The statement that fails on a copy of the schema; those after it were not run. */
  error: z
    .object({ file: z.string(), line: z.number(), statement: z.string(), message: z.string() })
    .nullable(),
});
export type ExplainResult = z.infer<typeof explainResultSchema>;
