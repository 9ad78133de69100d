import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { formatBytes } from '../core/format.js';
import { failed, ok, warning } from './diagnosis.js';
import type { Diagnosis } from './types.js';

/** Less than this is no room for anything. */
const LEAST_FREE_BYTES = 100 * 1024 * 1024;
const OTHERS = 0o077;

/** The folder of backups: can it be written, is there room, who may look into it. */
export async function checkStore(directory: string): Promise<Diagnosis[]> {
  const path = resolve(directory);
  const existing = await nearestExisting(path);
  const writable = await access(existing, constants.W_OK).then(
    () => true,
    () => false,
  );
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const room = `${formatBytes(free)} free for ${path}`;
  return [
    writable
      ? ok(
          'store.writable',
          existing === path ? `${path} can be written` : `${path} will be made in ${existing}`,
        )
      : failed(
          'store.writable',
          `${existing} cannot be written`,
          `Let this account write there, or name another folder with --dir or BK_DB_BACKUP_DIR.`,
        ),
    free >= LEAST_FREE_BYTES
      ? ok('store.space', room)
      : failed(
          'store.space',
          room,
          'Free some space: `bk-db backup prune` removes what the retention policy lets go.',
        ),
    ...(existing === path ? [await checkPrivacy(path)] : []),
  ];
}

async function checkPrivacy(path: string): Promise<Diagnosis> {
  const { mode } = await stat(path);
  return (mode & OTHERS) === 0
    ? ok('store.private', 'nobody else may look into it')
    : warning(
        'store.private',
        `other accounts may look into ${path}; the backups in it are private themselves`,
        `chmod 700 ${path}`,
      );
}

async function nearestExisting(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearestExisting(dirname(path));
}
