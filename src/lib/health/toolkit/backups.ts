import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findBackup, listBackups, type Backup, type Catalogue } from '../../backup/index.js';
import { absent, collected, type Source } from './source.js';

/** The store's backups of the connected database. */
export interface BackupFacts {
  readonly directory: string;
  readonly count: number;
  readonly newest: { readonly id: string; readonly ageMs: number; readonly sizeBytes: number } | null;
  /** Sizes of those before the newest, newest first, at most five. */
  readonly earlierSizes: readonly number[];
  /** Files of the newest that are gone or of another size. */
  readonly wrongFiles: readonly string[];
  /** Directories of the store that promise a backup and hold none. */
  readonly damaged: readonly string[];
  /** The latest ones, newest first. */
  readonly latest: Catalogue['backups'];
}

const LATEST = 50;

/** Reads the store's manifests and looks whether the newest backup's files are there; it reads no data. */
export const backups: Source<BackupFacts> = async ({ backups: { directory, configured }, server }) => {
  const catalogue = await listBackups(directory, server.database);
  const [newest, ...earlier] = catalogue.backups;
  if (newest === undefined && !configured && catalogue.damaged.length === 0)
    return absent(
      `there is no backup of ${server.database} in the default store, and no other is configured`,
    );
  return collected({
    directory,
    count: catalogue.backups.length,
    newest:
      newest === undefined
        ? null
        : {
            id: newest.id,
            ageMs: Math.max(0, server.now.getTime() - Date.parse(newest.finishedAt)),
            sizeBytes: newest.totals.sizeBytes,
          },
    earlierSizes: earlier.slice(0, 5).map(({ totals }) => totals.sizeBytes),
    wrongFiles: newest === undefined ? [] : await findWrongFiles(newest.path),
    damaged: catalogue.damaged.map(({ path }) => path),
    latest: catalogue.backups.slice(0, LATEST),
  });
};

async function findWrongFiles(path: string): Promise<string[]> {
  const backup: Backup = await findBackup({
    directory: path,
    reference: path,
    database: undefined,
    onWarning: () => undefined,
  });
  const wrong: string[] = [];
  for (const file of backup.files) {
    const size = await stat(join(backup.path, file.path)).then(
      (found) => found.size,
      () => undefined,
    );
    if (size !== file.sizeBytes)
      wrong.push(size === undefined ? `${file.path} is missing` : `${file.path} has another size`);
  }
  return wrong;
}
