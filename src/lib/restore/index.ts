export { restoreBackup, type RestoreBackupDeps, type RestoreBackupOptions } from './restore-backup.js';
export { replaceDatabase, undoReplace, type ReplaceDatabaseDeps } from './replace-database.js';
export { rehearseRestore } from './rehearse-restore.js';
export { restoreOutcomeSchema } from './types.js';
