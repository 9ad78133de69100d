import { backupSummarySchema, type Catalogue } from '../backup/index.js';
import { readRemote } from './read-remote.js';
import { createS3Client } from './s3-client.js';
import type { RemoteStore } from './types.js';

/** Lists a remote store as a local one is listed. */
export async function listRemote(
  store: RemoteStore,
  signal: AbortSignal,
  database?: string,
): Promise<Catalogue> {
  const { backups, damaged } = await readRemote(store, createS3Client(store, signal));
  return {
    backups: backups
      .filter((backup) => database === undefined || backup.database === database)
      .map((backup) => backupSummarySchema.parse(backup)),
    damaged: [...damaged],
  };
}
