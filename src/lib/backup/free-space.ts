import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BkDbError } from '../core/errors.js';
import { formatBytes } from '../core/format.js';
import { readStore } from './catalogue.js';
import type { DumpPlan } from './dump-plan.js';
import { isWhole } from './find-backup.js';

/** A database grows: room for the last backup's size and a fifth more must be free. */
const GROWTH = 1.2;

/**
 * Checks that the store has room for a backup of the size of the last whole one that was made alike; the first has
 * nothing to go by.
 * @throws BkDbError IO, before anything is written.
 */
export async function checkFreeSpace(
  storeDirectory: string,
  database: string,
  { compression }: Pick<DumpPlan, 'compression'>,
): Promise<void> {
  const { backups } = await readStore(storeDirectory);
  const last = backups.find(
    (backup) =>
      backup.database === database &&
      isWhole(backup) &&
      backup.compression.algorithm === compression.algorithm,
  );
  const needed = Math.ceil((last?.totals.sizeBytes ?? 0) * GROWTH);
  const { bavail, bsize } = await statfs(await nearestExisting(resolve(storeDirectory)));
  const free = bavail * bsize;
  if (free > needed) return;
  const what = last === undefined ? '' : `; a backup of ${database} needs about ${formatBytes(needed)}`;
  throw new BkDbError('IO', `${storeDirectory} has ${formatBytes(free)} free${what}`, {
    hint: 'Free some space, for example with `bk-db backup prune`, or name another store with --dir.',
    details: { directory: storeDirectory, freeBytes: free, neededBytes: needed },
  });
}

/** The directory itself, or its nearest parent that is there already. */
async function nearestExisting(path: string): Promise<string> {
  const there = await statfs(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearestExisting(dirname(path));
}
