import { createHash } from 'node:crypto';
import { FileReading, type BackupFile } from '../backup/index.js';

/**
 * The content's MD5 as the storage tells it: of the whole, or of the parts' MD5s with their number behind. Undefined where
 * the tag says nothing of the content, as with encryption by KMS.
 */
export function contentTagOf(headers: Headers): string | undefined {
  if (headers.get('x-amz-server-side-encryption')?.startsWith('aws:kms') === true) return undefined;
  const tag = headers.get('etag')?.replaceAll('"', '');
  return tag !== undefined && /^[0-9a-f]{32}(-\d+)?$/.test(tag) ? tag : undefined;
}

/** A file as it lies here, with the tags that a storage may give it: of its parts, of the whole. */
interface TaggedDigest extends Pick<BackupFile, 'sizeBytes' | 'sha256'> {
  readonly tags: readonly string[];
}

/** Reads a file once for its size, its SHA-256 and its tags. */
export async function digestForSending(
  path: string,
  { partBytes, signal }: { readonly partBytes: number; readonly signal: AbortSignal },
): Promise<TaggedDigest> {
  const reading = new FileReading(path, signal);
  const whole = createHash('md5');
  const parts: Buffer[] = [];
  let hash = createHash('md5');
  let filled = 0;
  for await (const piece of reading.pieces()) {
    whole.update(piece);
    let rest: Buffer = piece;
    while (rest.length > 0) {
      if (filled === partBytes) {
        parts.push(hash.digest());
        [hash, filled] = [createHash('md5'), 0];
      }
      const taken = rest.subarray(0, partBytes - filled);
      hash.update(taken);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  parts.push(hash.digest());
  const ofParts = createHash('md5').update(Buffer.concat(parts)).digest('hex');
  return { ...reading.result(), tags: [whole.digest('hex'), `${ofParts}-${parts.length}`] };
}
