import * as z from 'zod';

/** Times are ISO 8601 UTC. */
const time = z.iso.datetime();
const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One file of a backup, its path relative to the backup's directory. */
const backupFileSchema = z.object({ path: z.string(), sizeBytes: count, sha256 });
export type BackupFile = z.infer<typeof backupFileSchema>;

/**
 * One table's data: `sha256` and `copyBytes` are of exactly what `COPY table TO STDOUT` gave in the snapshot. All three
 * figures are null in a backup that was taken without fingerprints.
 */
const backupTableSchema = z.object({
  schema: z.string(),
  name: z.string(),
  /** What was copied, as COPY takes it: the quoted name and columns. */
  copied: z.string(),
  file: z.string(),
  rows: count.nullable(),
  copyBytes: count.nullable(),
  sha256: sha256.nullable(),
});
export type BackupTable = z.infer<typeof backupTableSchema>;

/** One sequence's state; the value is text because it may exceed what a JSON number holds. */
const backupSequenceSchema = z.object({
  schema: z.string(),
  name: z.string(),
  lastValue: z.string(),
  isCalled: z.boolean(),
});
export type BackupSequence = z.infer<typeof backupSequenceSchema>;

/** All large objects; without fingerprints null stands for them. `sha256` is over the lines `oid bytes sha256`, ordered by oid. */
const largeObjectsSchema = z.object({ count, bytes: count, sha256 });
export type LargeObjects = z.infer<typeof largeObjectsSchema>;

/** How the database sorts and classifies text, as CREATE DATABASE needs it. */
const collationSchema = z.object({
  provider: z.enum(['libc', 'icu', 'builtin']),
  collate: z.string(),
  ctype: z.string(),
  /** Locale of the icu or builtin provider. */
  locale: z.string().nullable(),
});
export type Collation = z.infer<typeof collationSchema>;

/** What was chosen of the database, as pg_dump's patterns; all empty for a whole backup. */
const selectionSchema = z.object({
  schemas: z.array(z.string()),
  tables: z.array(z.string()),
  excludeTables: z.array(z.string()),
  excludeTableData: z.array(z.string()),
});
export type Selection = z.infer<typeof selectionSchema>;

/**
 * How the data lies in a backup: `dump/` (parallel both ways), one `dump.custom`, one script `dump.sql`, or `data.zip` with a CSV
 * file for each table and no schema.
 */
export const BACKUP_FORMATS = ['directory', 'custom', 'plain', 'csv'] as const;
export type BackupFormat = (typeof BACKUP_FORMATS)[number];

const COMPRESSION_ALGORITHMS = ['none', 'gzip', 'zstd', 'lz4'] as const;

/** To whom a backup is encrypted: public keys, as age takes them. */
const encryptionSchema = z.object({ method: z.literal('age'), recipients: z.array(z.string()) });
export type Encryption = z.infer<typeof encryptionSchema>;

/** What a backup knows of itself: `manifest.json`, the result of `backup`, and `backup show`. */
export const backupManifestSchema = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  database: z.string(),
  /** Of the server's cluster; with the database's name it says whose backup this is. Null where unreadable. */
  systemIdentifier: z.string().nullable(),
  label: z.string().nullable(),
  startedAt: time,
  finishedAt: time,
  durations: z.object({
    preflightMs: count,
    dumpMs: count,
    readMs: count,
    totalMs: count,
  }),
  serverVersion: z.string(),
  toolVersions: z.object({ bkDb: z.string(), node: z.string(), pgDump: z.string() }),
  format: z.enum(BACKUP_FORMATS),
  compression: z.object({ algorithm: z.enum(COMPRESSION_ALGORITHMS), level: count }),
  encryption: encryptionSchema.nullable(),
  /** True when every table was read back, its rows counted and hashed. */
  fingerprint: z.boolean(),
  /** File of the cluster's roles and tablespaces; null when it was not wanted. */
  globals: z.string().nullable(),
  options: z.object({ jobs: count, selection: selectionSchema.nullable().default(null) }),
  owner: z.string(),
  encoding: z.string(),
  collation: collationSchema,
  /** Locale in which values of type money are written. */
  lcMonetary: z.string(),
  /** What the database filled on its server's disk; null in older backups. */
  databaseBytes: count.nullable().default(null),
  /** Position in the write-ahead log when the snapshot was taken. */
  lsn: z.string().nullable(),
  /** Last migration of the ledger; null where there is none. */
  schemaVersion: z.string().nullable(),
  extensions: z.array(z.object({ name: z.string(), version: z.string(), schema: z.string() })),
  totals: z.object({
    sizeBytes: count,
    files: count,
    tables: count,
    rows: count.nullable(),
    copyBytes: count.nullable(),
    sequences: count,
    largeObjects: count,
  }),
  tables: z.array(backupTableSchema),
  sequences: z.array(backupSequenceSchema),
  largeObjects: largeObjectsSchema.nullable(),
  files: z.array(backupFileSchema),
  /** What pg_dump said on stderr. */
  warnings: z.array(z.string()),
  pinned: z.object({ at: time, reason: z.string().nullable() }).nullable(),
});
export type BackupManifest = z.infer<typeof backupManifestSchema>;

/** A backup of the store: its manifest and its directory. */
export const backupSchema = backupManifestSchema.extend({ path: z.string() });
export type Backup = z.infer<typeof backupSchema>;

/** What is needed to open a backup's data. */
export type ArchivePlace = Pick<Backup, 'path' | 'format' | 'files'>;

/**
 * What can be restored: a backup, or an archive that another tool wrote, of which less is known. Its `path` is then a
 * directory of links to it, laid out as a backup.
 */
export interface RestoreSource extends Pick<
  Backup,
  | 'id'
  | 'path'
  | 'format'
  | 'files'
  | 'tables'
  | 'sequences'
  | 'largeObjects'
  | 'totals'
  | 'fingerprint'
  | 'options'
  | 'encoding'
  | 'serverVersion'
> {
  /** What the source filled on disk; unknown of an archive that another tool wrote. */
  readonly databaseBytes?: number | null;
  readonly toolVersions: Pick<Backup['toolVersions'], 'pgDump'>;
  /** The database it was taken of; null where the archive does not tell, as with all that follows. */
  readonly database: string | null;
  readonly owner: string | null;
  readonly lcMonetary: string | null;
  /** Null where the archive does not tell; a new database then gets the server's own. */
  readonly collation: Collation | null;
  /** What another tool wrote and where it was found; absent in a backup of bk-db. */
  readonly foreign?: ForeignArchive;
}

/** An archive of another tool, as it was recognised by its content. */
export interface ForeignArchive {
  /** Such as `custom archive of pg_dump 15.4, gzip around it`. */
  readonly description: string;
  /** The file, or `standard input`. */
  readonly name: string;
}

/** A backup without its long lists. */
export const backupSummarySchema = backupSchema.omit({
  tables: true,
  sequences: true,
  files: true,
  extensions: true,
  warnings: true,
});
export type BackupSummary = z.infer<typeof backupSummarySchema>;

/** The store's content, newest first; `damaged` are directories that promise a backup and hold none. */
export const catalogueSchema = z.object({
  backups: z.array(backupSummarySchema),
  damaged: z.array(z.object({ path: z.string(), problem: z.string() })),
});
export type Catalogue = z.infer<typeof catalogueSchema>;

/** One thing that is wrong with a backup; the table is named where the file holds one. */
const backupProblemSchema = z.object({
  file: z.string(),
  table: z.string().nullable(),
  problem: z.string(),
});
export type BackupProblem = z.infer<typeof backupProblemSchema>;

/** What reading a whole backup showed. */
const backupVerificationSchema = z.object({
  id: z.string(),
  database: z.string().nullable(),
  path: z.string(),
  ok: z.boolean(),
  problems: z.array(backupProblemSchema),
  /** False when only the files' checksums could be compared: the backup is encrypted and no key was given. */
  contents: z.boolean(),
  tables: count,
  /** Null where no rows were counted. */
  rows: count.nullable(),
  sizeBytes: count,
  durationMs: count,
  /** Time to restore and prove it in a scratch database; null where that was not tried. */
  restoredMs: count.nullable(),
});
export type BackupVerification = z.infer<typeof backupVerificationSchema>;

/** The result of `backup verify`. */
export const verificationsSchema = z.object({ verifications: z.array(backupVerificationSchema) });
export type Verifications = z.infer<typeof verificationsSchema>;

/** A backup and what the retention policy says of it; `reasons` of one that goes are empty, or the limit it exceeds. */
const prunedBackupSchema = z.object({
  id: z.string(),
  database: z.string(),
  path: z.string(),
  startedAt: time,
  sizeBytes: count,
  keep: z.boolean(),
  reasons: z.array(z.string()),
});
export type PrunedBackup = z.infer<typeof prunedBackupSchema>;

/** The result of `backup`: the backup, and the older ones that the retention policy removed after it. */
export const createdBackupSchema = backupSchema.extend({ rotated: z.array(prunedBackupSchema) });
export type CreatedBackup = z.infer<typeof createdBackupSchema>;

/** The result of `backup prune`: every backup looked at, and what interrupted backups had left. */
export const pruneResultSchema = z.object({
  dryRun: z.boolean(),
  backups: z.array(prunedBackupSchema),
  partials: z.array(z.string()),
  removed: count,
  freedBytes: count,
});
export type PruneResult = z.infer<typeof pruneResultSchema>;

const backupFindingSchema = z.object({
  kind: z.enum(['missing', 'damaged', 'too old', 'in the future', 'too small']),
  database: z.string().nullable(),
  message: z.string(),
});
export type BackupFinding = z.infer<typeof backupFindingSchema>;

/** The result of `backup check`. */
export const backupCheckSchema = z.object({
  ok: z.boolean(),
  databases: z.array(
    z.object({
      database: z.string(),
      newest: z.string().nullable(),
      finishedAt: time.nullable(),
      ageMs: count.nullable(),
      sizeBytes: count.nullable(),
    }),
  ),
  findings: z.array(backupFindingSchema),
});
export type BackupCheck = z.infer<typeof backupCheckSchema>;
