import { statfs } from 'node:fs/promises';
import { BkDbError } from '../core/errors.js';
import { formatBytes } from '../core/format.js';
import { readStore } from './catalogue.js';
import { isWhole } from './find-backup.js';

/** A database grows: room for the last backup's size and a fifth more must be free. */
const GROWTH = 1.2;

/**
 * Checks that the store has room for a backup of the size of the last whole one; the first has nothing to go by.
 * @throws BkDbError IO, before anything is written.
 */
export async function checkFreeSpace(storeDirectory: string, database: string): Promise<void> {
  const { backups } = await readStore(storeDirectory);
  const last = backups.find((backup) => backup.database === database && isWhole(backup));
  if (last === undefined) return;
  const { bavail, bsize } = await statfs(storeDirectory);
  const needed = Math.ceil(last.totals.sizeBytes * GROWTH);
  if (bavail * bsize >= needed) return;
  throw new BkDbError(
    'IO',
    `${storeDirectory} has ${formatBytes(bavail * bsize)} free; a backup of ${database} needs about ${formatBytes(needed)}`,
    {
      hint: 'Free some space, for example with `bk-db backup prune`, or name another store with --dir.',
      details: { directory: storeDirectory, freeBytes: bavail * bsize, neededBytes: needed },
    },
  );
}
