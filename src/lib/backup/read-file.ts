import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Size and SHA-256 of a file as it lies on disk. */
export interface FileDigest {
  readonly sizeBytes: number;
  readonly sha256: string;
}

const PIECE_BYTES = 256 * 1024;

/** Hashes a file while it is read. */
export class FileReading {
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(path: string, signal?: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
  }

  /** The file's bytes, to be asked for once. */
  async *pieces(): AsyncGenerator<Buffer> {
    const file = await open(this.#path);
    try {
      for (;;) {
        this.#signal?.throwIfAborted();
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES));
        if (bytesRead === 0) return;
        const piece = buffer.subarray(0, bytesRead);
        this.#hash.update(piece);
        this.#sizeBytes += bytesRead;
        yield piece;
      }
    } finally {
      await file.close();
    }
  }

  /** Of the whole file, once all of it was read. */
  result(): FileDigest {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }
}

/** Size and SHA-256 of a file without looking into it; one buffer does for all of it. */
export async function digestFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  let sizeBytes = 0;
  const file = await open(path);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return { sizeBytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}
