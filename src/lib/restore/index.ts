export { restoreBackup } from './restore-backup.js';
export type { RestoreDeps, RestoreOptions } from './deps.js';
export { replaceDatabase, undoReplace } from './replace-database.js';
export { listSource } from './list-source.js';
export { rehearseRestore } from './rehearse-restore.js';
export { restoreOutcomeSchema } from './types.js';
