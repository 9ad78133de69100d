import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isExport, withAdoptedArchive, type AdoptDeps } from './adopt-archive.js';
import { isBackupId } from './backup-id.js';
import { findBackup, type BackupReference } from './find-backup.js';
import { MANIFEST_FILE } from './store.js';
import type { RestoreSource } from './types.js';

/**
 * Opens what is to be restored and hands it to the work: a backup of the store (id, its beginning, `latest`), a backup's
 * directory, or what another tool wrote, as a path or on standard input (`-`).
 * @throws as `findBackup` and `withAdoptedArchive`.
 */
export async function withRestoreSource<T>(
  deps: AdoptDeps,
  reference: BackupReference,
  work: (source: RestoreSource) => Promise<T>,
): Promise<T> {
  return (await isForeign(reference.reference))
    ? withAdoptedArchive(deps, reference.reference, work)
    : work(await findBackup(reference));
}

async function isForeign(reference: string): Promise<boolean> {
  if (reference === '-') return true;
  if (reference === 'latest' || isBackupId(reference)) return false;
  const found = await stat(reference).catch(() => undefined);
  if (found === undefined) return false;
  if (!found.isDirectory()) return true;
  const holds = async (name: string) =>
    (await stat(join(reference, name)).catch(() => undefined)) !== undefined;
  // A manifest is that of a backup, or of what csv export wrote.
  return (await holds(MANIFEST_FILE)) ? isExport(reference) : holds('toc.dat');
}
