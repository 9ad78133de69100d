import * as z from 'zod';
import { BACKUP_FORMATS, backupManifestSchema } from '../backup/index.js';

const count = z.int().nonnegative();

/** One thing that is not as it was backed up. */
const mismatchSchema = z.object({
  /** `table`, `sequence` and `large objects` for contents; else the kind of the schema's object, such as `index`. */
  kind: z.string(),
  name: z.string(),
  problem: z.string(),
});
export type Mismatch = z.infer<typeof mismatchSchema>;

/** What bk.verify() found; it speaks of the data, which are as they were backed up. */
const invariantsSchema = z.object({
  checked: count,
  broken: z.array(z.object({ name: z.string(), violations: count })),
});
export type Invariants = z.infer<typeof invariantsSchema>;

/** What was compared after a restore, and what did not agree. */
const proofSchema = z.object({
  tables: count,
  rows: count,
  /** Tables compared by their number of rows alone: the archive does not tell in which time zone their values are written. */
  byRowsOnly: z.array(z.string()),
  sequences: count,
  largeObjects: count,
  /** Objects of the schema whose definitions were compared; null when the backup has no list of them. */
  objects: count.nullable(),
  /** What the restored database has, by kind: tables, indexes, constraints, triggers, functions and so on. */
  inventory: z.record(z.string(), count),
  /** Null where the database has no bk.verify(). */
  invariants: invariantsSchema.nullable(),
  mismatches: z.array(mismatchSchema),
});
export type Proof = z.infer<typeof proofSchema>;

/** The result of a restore. */
export const restoreResultSchema = z.object({
  id: z.string(),
  /** The backup's directory, or the archive's file. */
  path: z.string(),
  /** Database that was backed up; null where the archive does not tell. */
  sourceDatabase: z.string().nullable(),
  /** What another tool wrote, in words; null for a backup of bk-db. */
  foreign: z.string().nullable(),
  format: z.enum(BACKUP_FORMATS),
  /** Database it was restored into. */
  database: z.string(),
  /** True when restore made the database. */
  created: z.boolean(),
  /** True when everything was checked and nothing written. */
  dryRun: z.boolean(),
  /** Under `--replace` the name that the replaced database has now; else null. */
  replaced: z.string().nullable(),
  durations: z.object({
    checkMs: count,
    restoreMs: count,
    analyzeMs: count,
    proofMs: count,
    totalMs: count,
  }),
  /** Null when the proof was not wanted. */
  proof: proofSchema.nullable(),
  warnings: z.array(z.string()),
});
export type RestoreResult = z.infer<typeof restoreResultSchema>;

/** The result of `restore --undo`. */
const undoResultSchema = z.object({
  database: z.string(),
  /** The name that the database brought back had meanwhile. */
  from: z.string(),
  /** The name that the one it took the place of has now. */
  replaced: z.string(),
});
export type UndoResult = z.infer<typeof undoResultSchema>;

/** The result of `restore --list`; what a plain script does not tell is null. */
const archiveListingSchema = z.object({
  id: z.string(),
  path: z.string(),
  foreign: z.string().nullable(),
  database: z.string().nullable(),
  format: z.enum(BACKUP_FORMATS),
  serverVersion: z.string(),
  pgDumpVersion: z.string(),
  encoding: z.string(),
  totals: backupManifestSchema.shape.totals,
  tables: z.array(
    z.object({ schema: z.string(), name: z.string(), rows: count.nullable(), copyBytes: count.nullable() }),
  ),
  /** How many of each kind, as pg_dump calls them. */
  objects: z.record(z.string(), count).nullable(),
  /** Roles that own something or are granted something. */
  roles: z.array(z.string()).nullable(),
  extensions: z.array(z.string()).nullable(),
});
export type ArchiveListing = z.infer<typeof archiveListingSchema>;

/** What `bk-db restore` prints as data: a restore, with `--undo` an exchange, with `--list` what there is. */
export const restoreOutcomeSchema = z.union([restoreResultSchema, undoResultSchema, archiveListingSchema]);
export type RestoreOutcome = z.infer<typeof restoreOutcomeSchema>;
