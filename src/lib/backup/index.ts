export { createBackup, type CreateBackupDeps, type CreateBackupOptions } from './create-backup.js';
export { listBackups } from './catalogue.js';
export { backupPaths, findBackup, type BackupReference } from './find-backup.js';
export { refuseCorrupt, verifyBackup } from './verify-backup.js';
export { backupSchema, catalogueSchema, verificationsSchema, type Backup } from './types.js';
export { copyOutStatements, type TableCopy } from './copy-out.js';
export { CopyDigest } from './copy-digest.js';
export { summariseLargeObjects } from './read-archive.js';
export { explainDumpFailure } from './dump-failure.js';
