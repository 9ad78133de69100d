import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isBackupId } from './backup-id.js';
import { readDamageNote } from './damage-note.js';
import { readManifest } from './manifest.js';
import { MANIFEST_FILE } from './store.js';
import { backupSummarySchema, type Backup, type Catalogue } from './types.js';

export interface DamagedBackup {
  readonly path: string;
  readonly problem: string;
}

/** What a store holds: backups newest first, by the time in their manifests. */
export interface StoreContent {
  readonly backups: readonly Backup[];
  readonly damaged: readonly DamagedBackup[];
}

/** Lists a store; one that does not exist yet is empty. With a database, only its backups. */
export async function listBackups(storeDirectory: string, database?: string): Promise<Catalogue> {
  const { backups, damaged } = await readStore(storeDirectory);
  return {
    backups: backups
      .filter((backup) => database === undefined || backup.database === database)
      .map((backup) => backupSummarySchema.parse(backup)),
    damaged: [...damaged],
  };
}

/** Reads every manifest of a store. */
export async function readStore(storeDirectory: string): Promise<StoreContent> {
  const backups: Backup[] = [];
  const damaged: DamagedBackup[] = [];
  for (const set of await directoriesIn(storeDirectory)) {
    const directory = join(storeDirectory, set);
    for (const id of (await directoriesIn(directory)).filter(isBackupId)) {
      const path = join(directory, id);
      try {
        const backup = await openBackup(path, id);
        const found = await readDamageNote(path);
        if (found === undefined) backups.push(backup);
        else damaged.push({ path, problem: `verify found ${found}` });
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        damaged.push({ path, problem: `${MANIFEST_FILE}: ${problem}` });
      }
    }
  }
  return { backups: backups.sort(newestFirst), damaged };
}

/** The backup in a directory; throws an Error in words when its manifest is not as it was written. */
export async function openBackup(path: string, id?: string): Promise<Backup> {
  const manifest = await readManifest(path).catch((error: unknown) => {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isMissing ? new Error('it is missing', { cause: error }) : error;
  });
  if (id !== undefined && manifest.id !== id) throw new Error(`it is that of ${manifest.id}`);
  return { ...manifest, path };
}

/** By the time in their manifests. */
export function newestFirst(a: Backup, b: Backup): number {
  return b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id);
}

async function directoriesIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
