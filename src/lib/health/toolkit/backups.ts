import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findBackup, listBackups, readRehearsal, type Backup, type Catalogue } from '../../backup/index.js';
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
  readonly oldest: { readonly id: string; readonly ageMs: number } | null;
  /** The backup that was restored and compared last, and how long ago. */
  readonly lastProof: { readonly id: string; readonly ageMs: number } | null;
  /** The latest ones, newest first. */
  readonly latest: Catalogue['backups'];
}

const LATEST = 50;

/** Reads the store's manifests and looks whether the newest backup's files are there; it reads no data. */
export const backups: Source<BackupFacts> = async ({ backups: { directory, configured }, server }) => {
  const catalogue = await listBackups(directory, server.database);
  const [newest, ...earlier] = catalogue.backups;
  const oldest = catalogue.backups.at(-1);
  const ageOf = (time: number) => Math.max(0, server.now.getTime() - time);
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
            ageMs: ageOf(Date.parse(newest.finishedAt)),
            sizeBytes: newest.totals.sizeBytes,
          },
    earlierSizes: earlier.slice(0, 5).map(({ totals }) => totals.sizeBytes),
    wrongFiles: newest === undefined ? [] : await findWrongFiles(newest.path),
    damaged: catalogue.damaged.map(({ path }) => path),
    oldest: oldest === undefined ? null : { id: oldest.id, ageMs: ageOf(Date.parse(oldest.finishedAt)) },
    lastProof: await findLastProof(catalogue.backups, ageOf),
    latest: catalogue.backups.slice(0, LATEST),
  });
};

async function findLastProof(
  backups: Catalogue['backups'],
  ageOf: (time: number) => number,
): Promise<BackupFacts['lastProof']> {
  const proofs = await Promise.all(
    backups.map(async ({ id, path }) => ({ id, at: (await readRehearsal(path))?.getTime() })),
  );
  const known = proofs.flatMap(({ id, at }) => (at === undefined ? [] : [{ id, ageMs: ageOf(at) }]));
  return known.toSorted((a, b) => a.ageMs - b.ageMs)[0] ?? null;
}

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
