export { listRemote, readRemoteStore } from './list-remote.js';
export { pruneRemote } from './prune-remote.js';
export { pullBackup } from './pull-backup.js';
export { pushBackup } from './push-backup.js';
export { remoteStoreOf } from './remote-store.js';
export { pulledBackupSchema, pushedBackupSchema } from './types.js';
