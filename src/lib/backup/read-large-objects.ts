import { createHash } from 'node:crypto';
import type { LargeObjects } from './types.js';

export interface LargeObjectDigest {
  readonly oid: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** How the files of the archive are read; both report problems themselves. */
export interface LargeObjectFiles {
  readonly readWhole: (name: string) => Promise<string>;
  /** True when the file was read to its end. */
  readonly readThrough: (name: string, sink: (chunk: Buffer) => void) => Promise<boolean>;
}

/** Reads the large objects that a list (`blobs.toc`: lines of oid and file name) names. */
export async function readLargeObjects(list: string, files: LargeObjectFiles): Promise<LargeObjectDigest[]> {
  const objects: LargeObjectDigest[] = [];
  for (const line of (await files.readWhole(list)).split('\n')) {
    const match = /^(\d+) (blob_\d+\.dat)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const hash = createHash('sha256');
    let bytes = 0;
    const complete = await files.readThrough(match[2], (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    if (complete) objects.push({ oid: Number(match[1]), bytes, sha256: hash.digest('hex') });
  }
  return objects;
}

/** The digest over all large objects; the proof after a restore computes the same from the server. */
export function summariseLargeObjects(objects: readonly LargeObjectDigest[]): LargeObjects {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const object of [...objects].sort((a, b) => a.oid - b.oid)) {
    hash.update(`${object.oid} ${object.bytes} ${object.sha256}\n`);
    bytes += object.bytes;
  }
  return { count: objects.length, bytes, sha256: hash.digest('hex') };
}
