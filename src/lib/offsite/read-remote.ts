import { isBackupId, newestFirst, parseManifest, type Backup, type StoreContent } from '../backup/index.js';
import { mapConcurrent } from '../core/map-concurrent.js';
import { getText, listObjects, type RemoteObject } from './object-store.js';
import { rootOf, showRemote, splitKey } from './remote-place.js';
import type { S3Client } from './s3-client.js';
import type { RemoteStore } from './types.js';

/** What lies in a remote store. A backup's `path` is its `s3://` address. */
export interface RemoteContent extends StoreContent {
  /** Where something was begun and has no manifest yet; never listed as backups. */
  readonly partials: readonly RemotePartial[];
}

export interface RemotePartial {
  /** Common beginning of its keys. */
  readonly root: string;
  readonly objects: readonly RemoteObject[];
}

const MANIFESTS_AT_ONCE = 8;

/** Lists a remote store. The manifest is sent last, so what has none is not a backup. */
export async function readRemote(store: RemoteStore, client: S3Client): Promise<RemoteContent> {
  const groups = groupByBackup(store, await listObjects(client, rootOf(store)));
  const whole = groups.filter(({ hasManifest }) => hasManifest);
  const read = await mapConcurrent(whole, MANIFESTS_AT_ONCE, async ({ root, id }) => {
    const path = showRemote(store, root);
    try {
      return { backup: await openRemote(client, { root, id, path }) };
    } catch (error) {
      return {
        damaged: {
          path,
          problem: `manifest.json: ${error instanceof Error ? error.message : String(error)}`,
        },
      };
    }
  });
  return {
    backups: read.flatMap(({ backup }) => (backup === undefined ? [] : [backup])).sort(newestFirst),
    damaged: read.flatMap(({ damaged }) => (damaged === undefined ? [] : [damaged])),
    partials: groups.filter(({ hasManifest }) => !hasManifest),
  };
}

async function openRemote(
  client: S3Client,
  { root, id, path }: { readonly root: string; readonly id: string; readonly path: string },
): Promise<Backup> {
  const text = await getText(client, `${root}manifest.json`);
  if (text === undefined) throw new Error('it is missing');
  const manifest = parseManifest(text);
  if (manifest.id !== id) throw new Error(`it is that of ${manifest.id}`);
  return { ...manifest, path };
}

interface Group extends RemotePartial {
  readonly id: string;
  readonly hasManifest: boolean;
}

function groupByBackup(store: RemoteStore, objects: readonly RemoteObject[]): Group[] {
  const groups = new Map<string, Group>();
  for (const object of objects) {
    const parts = splitKey(store, object.key);
    if (parts === undefined || !isBackupId(parts.id)) continue;
    const { root, id, isManifest } = parts;
    const known = groups.get(root);
    groups.set(root, {
      root,
      id,
      objects: [...(known?.objects ?? []), object],
      hasManifest: isManifest || (known?.hasManifest ?? false),
    });
  }
  return [...groups.values()];
}
