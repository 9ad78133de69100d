import { backupSummarySchema, type Catalogue, type StoreContent } from '../backup/index.js';
import { readRemote } from './read-remote.js';
import { createS3Client } from './s3-client.js';
import type { RemoteStore } from './types.js';

/** Reads every manifest of a remote store. */
export async function readRemoteStore(store: RemoteStore, signal: AbortSignal): Promise<StoreContent> {
  return readRemote(store, createS3Client(store, signal));
}

/** Lists a remote store as a local one is listed. */
export async function listRemote(
  store: RemoteStore,
  signal: AbortSignal,
  database?: string,
): Promise<Catalogue> {
  const { backups, damaged } = await readRemoteStore(store, signal);
  return {
    backups: backups
      .filter((backup) => database === undefined || backup.database === database)
      .map((backup) => backupSummarySchema.parse(backup)),
    damaged: [...damaged],
  };
}
