import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import {
  CHECKSUM_FILE,
  digestFile,
  MANIFEST_FILE,
  parseManifest,
  pushNotesNameOf,
  refuseEmptyPolicy,
  type Backup,
  type BackupFile,
  type RetentionPolicy,
} from '../backup/index.js';
import { BkDbError } from '../core/errors.js';
import { withLockFile } from '../core/lock-file.js';
import type { RunTool } from '../core/process.js';
import type { OnProgress } from '../core/progress.js';
import { digestForSending } from './content-tag.js';
import { getText, listObjects, putObject } from './object-store.js';
import { rotateRemote } from './prune-remote.js';
import { backupRoot, showRemote } from './remote-place.js';
import { createS3Client, type S3Client } from './s3-client.js';
import type { PushedBackup, RemoteStore } from './types.js';
import { partBytesFor, uploadFile } from './upload-file.js';
import { UploadNotes } from './upload-notes.js';

export interface PushBackupDeps {
  readonly runTool: RunTool;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface PushBackupOptions {
  readonly store: RemoteStore;
  readonly backup: Backup;
  /** What to do with older backups in the remote store once this one is there; undefined keeps all. */
  readonly retention?: RetentionPolicy | undefined;
}

/**
 * Copies a backup into object storage: file by file, large ones in parts, what is there already not again, its manifest
 * last. A push that is interrupted goes on where it was when it is run again, and is not a backup until then.
 * @throws BkDbError CONNECTION_FAILED, PERMISSION, NOT_FOUND (the bucket), LOCK_HELD, IO, BACKUP_CORRUPT (a file here is
 *   not as the manifest has it).
 */
export async function pushBackup(deps: PushBackupDeps, options: PushBackupOptions): Promise<PushedBackup> {
  const begun = performance.now();
  const { backup, store } = options;
  if (options.retention !== undefined) refuseEmptyPolicy(options.retention);
  const place = dirname(backup.path);
  const lock = { object: `the backup store ${place}`, waitMs: 0, signal: deps.signal };
  const client = createS3Client(store, deps.signal);
  // Nobody may rotate away what is being sent.
  const sent = await withLockFile(deps.runTool, join(place, '.lock'), lock, () =>
    send(deps, options, client),
  );
  const rotated =
    options.retention === undefined
      ? []
      : await rotateRemote(client, { store, backup, policy: options.retention, now: deps.now() });
  return {
    id: backup.id,
    database: backup.database,
    path: backup.path,
    remote: showRemote(store, backupRoot(store, backup)),
    ...sent,
    rotated: rotated.map(({ id, database }) => ({ id, database })),
    durationMs: Math.round(performance.now() - begun),
  };
}

async function send(
  { signal, onProgress }: PushBackupDeps,
  { store, backup }: PushBackupOptions,
  client: S3Client,
) {
  const root = backupRoot(store, backup);
  // What is wrong with bucket or key is told in words: answers to HEAD, which come next, have none.
  await listObjects(client, root);
  const notesFile = join(dirname(backup.path), pushNotesNameOf(basename(backup.path)));
  const notes = await UploadNotes.read(notesFile, showRemote(store, root));
  const files = [...backup.files, await describeFile(backup, CHECKSUM_FILE)];
  const progress = { done: 0, total: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0) };
  let sentFiles = 0;
  let sentBytes = 0;
  for (const file of files) {
    signal.throwIfAborted();
    onProgress({ phase: `sending ${file.path}`, ...progress, unit: 'bytes' });
    const tags = await refuseAltered(backup, file, signal);
    const onSent = (bytes: number) => {
      sentBytes += bytes;
      onProgress({
        phase: `sending ${file.path}`,
        done: progress.done + bytes,
        total: progress.total,
        unit: 'bytes',
      });
    };
    const whole = { ...file, tags, source: join(backup.path, file.path), key: `${root}${file.path}` };
    if (await uploadFile({ client, notes, onSent }, whole)) sentFiles += 1;
    progress.done += file.sizeBytes;
  }
  if (await sendManifest(client, backup, root)) sentFiles += 1;
  await notes.clear();
  return { files: files.length + 1, sentFiles, sentBytes };
}

/** The file's tags; what is damaged here must not become the copy that is trusted when this one is lost. */
async function refuseAltered(
  backup: Backup,
  file: BackupFile,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const partBytes = partBytesFor(file.sizeBytes);
  const found = await digestForSending(join(backup.path, file.path), { partBytes, signal });
  if (found.sha256 === file.sha256 && found.sizeBytes === file.sizeBytes) return found.tags;
  throw new BkDbError('BACKUP_CORRUPT', `backup ${backup.id} is damaged, and was not sent: ${file.path}`, {
    hint: '`bk-db backup verify` tells more; send another backup.',
    details: { file: file.path },
  });
}

async function describeFile(backup: Backup, path: string): Promise<BackupFile> {
  return { path, ...(await digestFile(join(backup.path, path))) };
}

/** The manifest changes when a backup is pinned, so its text is compared. */
async function sendManifest(client: S3Client, backup: Backup, root: string): Promise<boolean> {
  const key = `${root}${MANIFEST_FILE}`;
  const text = await readFile(join(backup.path, MANIFEST_FILE), 'utf8');
  parseManifest(text);
  if ((await getText(client, key)) === text) return false;
  const bytes = Buffer.from(text);
  await putObject(client, key, bytes, createHash('sha256').update(bytes).digest('hex'));
  return true;
}
