export { restoreBackup, type RestoreBackupDeps, type RestoreBackupOptions } from './restore-backup.js';
export { restoreResultSchema } from './types.js';
