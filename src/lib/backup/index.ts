export { parseArchiveToc } from './archive-toc.js';
export { createBackup, type CreateBackupDeps, type CreateBackupOptions } from './create-backup.js';
export { listBackups, newestFirst, readStore, type StoreContent } from './catalogue.js';
export { isBackupId } from './backup-id.js';
export { formatChecksums, parseManifest, writeManifest } from './manifest.js';
export {
  CHECKSUM_FILE,
  directoryNameOf,
  MANIFEST_FILE,
  partialNameOf,
  placesOf,
  pushNotesNameOf,
} from './store.js';
export { digestFile, FileReading } from './read-file.js';
export { withRestoreSource } from './open-source.js';
export { backupPaths, findBackup, isWhole, selectBackup, type BackupReference } from './find-backup.js';
export { parseSubset } from './subset.js';
export { noteVerification } from './damage-note.js';
export { noteRehearsal, readRehearsal } from './rehearsal-note.js';
export { refuseCorrupt, verifyBackup } from './verify-backup.js';
export { planPruning, pruneBackups, refuseEmptyPolicy, sourceOf } from './prune-backups.js';
export { isEmptyPolicy, type RetentionPolicy } from './retention.js';
export { pinBackup, unpinBackup } from './pin-backup.js';
export { parseCompression, type Compression, type CompressionChoice } from './compression.js';
export { reportRun, reportUnstarted } from './report-run.js';
export { checkBackups, parseMinSize } from './check-backups.js';
export {
  BACKUP_FORMATS,
  backupCheckSchema,
  backupManifestSchema,
  backupSchema,
  backupSummarySchema,
  catalogueSchema,
  createdBackupSchema,
  pruneResultSchema,
  verificationsSchema,
  type Backup,
  type BackupFile,
  type Catalogue,
  type CreatedBackup,
  type PrunedBackup,
  type PruneResult,
  type RestoreSource,
} from './types.js';
export { readInventory, takeInventory, type InventoryEntry } from './schema-inventory.js';
export { ScriptSplitter, startsRows } from './script-splitter.js';
export { parseQualifiedName } from './qualified-name.js';
export { copyOutStatements, type TableCopy } from './copy-out.js';
export { readToc } from './read-toc.js';
export { dataPathOf, stockPathOf } from './data-file.js';
export { openData, openFile, type ArchiveAccess } from './open-archive.js';
export type { ArchiveToc, TocEntry } from './archive-toc.js';
export { CopyDigest } from './copy-digest.js';
export { digestRowSets, RowSetDigest } from './row-set-digest.js';
export { summariseLargeObjects } from './read-large-objects.js';
export { explainDumpFailure } from './dump-failure.js';
