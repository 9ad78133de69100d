import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Size and SHA-256 of a file as it lies on disk. */
export interface FileDigest {
  readonly sizeBytes: number;
  readonly sha256: string;
}

const CHUNK_BYTES = 256 * 1024;

/** Reads a file through, giving its decompressed content (by the suffix .gz) to the sink piece by piece. */
export async function readFileThrough(
  path: string,
  sink: (chunk: Buffer) => void,
  signal: AbortSignal,
): Promise<FileDigest> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const digest = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  const drain = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) sink(chunk);
  };
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (path.endsWith('.gz'))
    await pipeline(source, digest, createGunzip({ chunkSize: CHUNK_BYTES }), drain, { signal });
  else await pipeline(source, digest, drain, { signal });
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** Size and SHA-256 of a file without looking into it. */
export async function digestFile(path: string, signal: AbortSignal): Promise<FileDigest> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    sizeBytes += bytes.length;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}
