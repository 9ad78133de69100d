import { open, type FileHandle } from 'node:fs/promises';
import { BkDbError } from '../core/errors.js';
import { mapConcurrent } from '../core/map-concurrent.js';
import type { BackupFile } from '../backup/index.js';
import { completeUpload, createUpload, headObject, putObject, uploadPart } from './object-store.js';
import type { S3Client } from './s3-client.js';
import type { UploadNotes } from './upload-notes.js';

export interface UploadOptions {
  readonly client: S3Client;
  /** What an interrupted push had sent; undefined where a file is sent at once. */
  readonly notes: UploadNotes;
  readonly onSent: (bytes: number) => void;
}

export interface FileToSend extends BackupFile {
  /** Where it lies here. */
  readonly source: string;
  /** Where it goes. */
  readonly key: string;
  /** What a storage may call this content. */
  readonly tags: readonly string[];
}

const MEBIBYTE = 1024 ** 2;
const SMALLEST_PART = 8 * MEBIBYTE;
/** S3 takes 10,000. */
const MOST_PARTS = 9_000;
/** Parts in memory at the same time. */
const PARTS_AT_ONCE = 3;

/** Size of a file's parts: a whole number of MiB that does for any size. Pure. */
export function partBytesFor(sizeBytes: number): number {
  return Math.max(SMALLEST_PART, Math.ceil(sizeBytes / MOST_PARTS / MEBIBYTE) * MEBIBYTE);
}

/** Sends a file unless the same is there already; false when it was. */
export async function uploadFile(options: UploadOptions, file: FileToSend): Promise<boolean> {
  const { client } = options;
  if (isSame(file, await headObject(client, file.key))) return false;
  if (file.sizeBytes <= SMALLEST_PART) await sendWhole(options, file);
  else await sendInParts(options, file);
  const there = await headObject(client, file.key);
  if (isSame(file, there)) return true;
  throw new BkDbError('IO', `${file.key} is not in the object storage as it was sent`, {
    hint: 'Try again; if it stays, the storage drops metadata or content.',
    details: { expected: { sizeBytes: file.sizeBytes, sha256: file.sha256 }, found: there ?? null },
  });
}

/** The noted SHA-256 is ours; the tag is what the storage itself made of the content. */
function isSame(
  { sizeBytes, sha256, tags }: FileToSend,
  there: Awaited<ReturnType<typeof headObject>>,
): boolean {
  if (there?.sizeBytes !== sizeBytes || there.sha256 !== sha256) return false;
  return there.tag === undefined || tags.includes(there.tag);
}

async function sendWhole({ client, onSent }: UploadOptions, file: FileToSend): Promise<void> {
  await withFile(file.source, async (handle) => {
    const body = await readPiece(handle, file, { from: 0, bytes: file.sizeBytes });
    await putObject(client, file.key, body, file.sha256);
    onSent(file.sizeBytes);
  });
}

async function sendInParts({ client, notes, onSent }: UploadOptions, file: FileToSend): Promise<void> {
  const partBytes = partBytesFor(file.sizeBytes);
  const upload = notes.find(file) ?? {
    uploadId: await createUpload(client, file.key, file.sha256),
    tags: {},
  };
  const { uploadId } = upload;
  const tags: Record<number, string> = { ...upload.tags };
  await notes.write(file, { uploadId, tags });
  const numbers = Array.from({ length: Math.ceil(file.sizeBytes / partBytes) }, (_, index) => index + 1);
  try {
    await withFile(file.source, (handle) =>
      mapConcurrent(
        numbers.filter((number) => tags[number] === undefined),
        PARTS_AT_ONCE,
        async (number) => {
          const from = (number - 1) * partBytes;
          const bytes = Math.min(partBytes, file.sizeBytes - from);
          const body = await readPiece(handle, file, { from, bytes });
          tags[number] = await uploadPart(client, { key: file.key, uploadId, number }, body);
          onSent(bytes);
          await notes.write(file, { uploadId, tags });
        },
      ),
    );
    await completeUpload(client, {
      key: file.key,
      uploadId,
      tags: numbers.map((number) => tags[number] ?? ''),
    });
  } catch (error) {
    // The storage forgets uploads: then the next push begins this file anew.
    if (error instanceof BkDbError && (error.code === 'NOT_FOUND' || error.code === 'IO'))
      await notes.remove(file);
    throw error;
  }
  await notes.remove(file);
}

async function withFile<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

async function readPiece(
  handle: FileHandle,
  { path }: FileToSend,
  { from, bytes }: { readonly from: number; readonly bytes: number },
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, from + filled);
    if (bytesRead === 0) throw new BkDbError('BACKUP_CORRUPT', `${path} is shorter than its manifest says`);
    filled += bytesRead;
  }
  return buffer;
}
