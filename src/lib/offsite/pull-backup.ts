import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CHECKSUM_FILE,
  formatChecksums,
  partialNameOf,
  placesOf,
  selectBackup,
  writeManifest,
  backupManifestSchema,
  type Backup,
  type BackupFile,
} from '../backup/index.js';
import { BkDbError } from '../core/errors.js';
import {
  makePrivateDirectory,
  PRIVATE_DIRECTORY,
  PRIVATE_FILE,
  syncDirectory,
  syncTree,
} from '../core/files.js';
import { withLockFile } from '../core/lock-file.js';
import type { RunTool } from '../core/process.js';
import type { OnProgress } from '../core/progress.js';
import { getRange } from './object-store.js';
import { readRemote } from './read-remote.js';
import { backupRoot } from './remote-place.js';
import { createS3Client, type S3Client } from './s3-client.js';
import type { PulledBackup, RemoteStore } from './types.js';

export interface PullBackupDeps {
  readonly runTool: RunTool;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly onWarning: (text: string) => void;
}

export interface PullBackupOptions {
  readonly store: RemoteStore;
  /** The local store. */
  readonly directory: string;
  /** An id, a unique beginning of one, or `latest`. */
  readonly reference: string;
  readonly database: string | undefined;
}

const PIECE_BYTES = 8 * 1024 ** 2;

/**
 * Copies a backup from object storage into the local store. Every file's checksum is compared with the manifest before
 * the backup gets its name; a backup that is there already is left as it is.
 * @throws BkDbError NOT_FOUND, BACKUP_CORRUPT, CONNECTION_FAILED, PERMISSION, LOCK_HELD, IO.
 */
export async function pullBackup(deps: PullBackupDeps, options: PullBackupOptions): Promise<PulledBackup> {
  const { store, directory, reference, database } = options;
  const client = createS3Client(store, deps.signal);
  const content = await readRemote(store, client);
  const backup = selectBackup(content, {
    directory: `s3://${store.bucket}`,
    reference,
    database,
    onWarning: deps.onWarning,
  });
  refuseStrangePaths(backup);
  const places = placesOf(directory, backup.database);
  await makePrivateDirectory(places.directory);
  const path = join(places.directory, backup.id);
  const lock = { object: `the backup store ${places.directory}`, waitMs: 0, signal: deps.signal };
  await withLockFile(deps.runTool, places.lockFile, lock, async () => {
    if (await stat(path).catch(() => undefined)) throw alreadyThere(path);
    const partial = join(places.directory, partialNameOf(backup.id));
    try {
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { mode: PRIVATE_DIRECTORY });
      await fetchAll(deps, { client, store, backup, partial });
      await syncTree(partial);
      await rename(partial, path);
      await syncDirectory(places.directory);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
  });
  return { ...backup, path, remote: backup.path };
}

interface Fetching {
  readonly client: S3Client;
  readonly store: RemoteStore;
  readonly backup: Backup;
  readonly partial: string;
}

async function fetchAll(
  { signal, onProgress }: PullBackupDeps,
  { client, store, backup, partial }: Fetching,
) {
  const sums = Buffer.from(formatChecksums(backup.files));
  const checksums = {
    path: CHECKSUM_FILE,
    sizeBytes: sums.length,
    sha256: createHash('sha256').update(sums).digest('hex'),
  };
  const total = backup.totals.sizeBytes;
  let done = 0;
  for (const file of [...backup.files, checksums]) {
    signal.throwIfAborted();
    onProgress({ phase: `fetching ${file.path}`, done, total, unit: 'bytes' });
    const target = join(partial, file.path);
    await mkdir(dirname(target), { recursive: true, mode: PRIVATE_DIRECTORY });
    await fetchFile(client, { file, key: `${backupRoot(store, backup)}${file.path}`, target });
    done += file.sizeBytes;
  }
  await writeManifest(partial, backupManifestSchema.parse(backup));
}

async function fetchFile(
  client: S3Client,
  { file, key, target }: { readonly file: BackupFile; readonly key: string; readonly target: string },
): Promise<void> {
  const hash = createHash('sha256');
  const handle = await open(target, 'wx', PRIVATE_FILE);
  let from = 0;
  try {
    while (from < file.sizeBytes) {
      const piece = await getRange(client, key, {
        from,
        bytes: Math.min(PIECE_BYTES, file.sizeBytes - from),
      });
      if (piece.length === 0) break;
      hash.update(piece);
      await handle.writeFile(piece);
      from += piece.length;
    }
  } finally {
    await handle.close();
  }
  if (from === file.sizeBytes && hash.digest('hex') === file.sha256) return;
  throw new BkDbError('BACKUP_CORRUPT', `${file.path} in the object storage is not what was sent`, {
    hint: 'Nothing was kept. Pull another backup: `bk-db backup list --remote` shows them.',
    details: { file: file.path, key },
  });
}

/** Whoever can write to the bucket must not be able to write anywhere here. */
function refuseStrangePaths({ id, files }: Backup): void {
  const strange = files.find(
    ({ path }) => path.startsWith('/') || path.split('/').some((part) => ['', '.', '..'].includes(part)),
  );
  if (strange === undefined) return;
  throw new BkDbError(
    'BACKUP_CORRUPT',
    `the manifest of ${id} names a file outside of the backup: ${strange.path}`,
    {
      hint: 'It was not written by bk-db; find out who can write to the bucket.',
    },
  );
}

function alreadyThere(path: string): BkDbError {
  return new BkDbError('TARGET_NOT_EMPTY', `the backup ${path} is there already`, {
    hint: '`bk-db backup verify` tells whether it is good; move it away to pull it again.',
  });
}
