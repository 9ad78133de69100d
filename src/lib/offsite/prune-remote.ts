import {
  planPruning,
  refuseEmptyPolicy,
  sourceOf,
  type Backup,
  type PrunedBackup,
  type PruneResult,
  type RetentionPolicy,
} from '../backup/index.js';
import { listObjects, removeObject } from './object-store.js';
import { readRemote, type RemotePartial } from './read-remote.js';
import { backupRoot, showRemote } from './remote-place.js';
import { createS3Client, type S3Client } from './s3-client.js';
import type { RemoteStore } from './types.js';

/** What has no manifest for so long was not sent on: another machine may be sending what is younger. */
const STALE_MS = 3 * 86_400_000;

export interface PruneRemoteDeps {
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface PruneRemoteOptions {
  readonly store: RemoteStore;
  readonly policy: RetentionPolicy;
  readonly database?: string | undefined;
  readonly dryRun: boolean;
}

/** Removes from object storage what the policy does not keep, by the same planner as in a local store. */
export async function pruneRemote(
  { now, signal }: PruneRemoteDeps,
  { store, policy, database, dryRun }: PruneRemoteOptions,
): Promise<PruneResult> {
  refuseEmptyPolicy(policy);
  const client = createS3Client(store, signal);
  const { backups, partials } = await readRemote(store, client);
  const wanted = backups.filter((backup) => database === undefined || backup.database === database);
  const decided = planPruning(wanted, policy, now());
  const doomed = decided.filter(({ keep }) => !keep);
  const stale = partials.filter((partial) => isStale(partial, now()));
  if (!dryRun) {
    for (const backup of doomed) await removeRemote(client, backupRoot(store, backup));
    for (const { root } of stale) await removeRemote(client, root);
  }
  return {
    dryRun,
    backups: decided,
    partials: stale.map(({ root }) => showRemote(store, root)),
    removed: doomed.length,
    freedBytes: doomed.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
  };
}

/** Removes what the policy does not keep of one database's backups. */
export async function rotateRemote(
  client: S3Client,
  options: {
    readonly store: RemoteStore;
    readonly backup: Backup;
    readonly policy: RetentionPolicy;
    readonly now: Date;
  },
): Promise<PrunedBackup[]> {
  const { store, backup, policy, now } = options;
  const { backups } = await readRemote(store, client);
  const own = backups.filter((candidate) => sourceOf(candidate) === sourceOf(backup));
  const doomed = planPruning(own, policy, now).filter(({ keep }) => !keep);
  for (const each of doomed) await removeRemote(client, backupRoot(store, each));
  return doomed;
}

/** The manifest first: whenever this is interrupted, there is a whole backup or none. */
async function removeRemote(client: S3Client, root: string): Promise<void> {
  await removeObject(client, `${root}manifest.json`);
  for (const { key } of await listObjects(client, root)) await removeObject(client, key);
}

function isStale({ objects }: RemotePartial, now: Date): boolean {
  return objects.every(({ modifiedAt }) => now.getTime() - modifiedAt.getTime() > STALE_MS);
}
