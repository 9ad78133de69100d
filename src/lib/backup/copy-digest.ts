import { createHash } from 'node:crypto';

/** What a table's COPY stream amounts to. */
export interface CopyDigestResult {
  readonly rows: number;
  readonly copyBytes: number;
  readonly sha256: string;
}

const NEWLINE = 0x0a;

/** Counts and hashes a COPY stream in the text format: one line a row, because newlines in values are escaped. */
export class CopyDigest {
  readonly #hash = createHash('sha256');
  #rows = 0;
  #bytes = 0;
  #lastByte = NEWLINE;
  readonly #onRows: ((rows: Buffer) => void) | undefined;

  /** @param onRows is given everything that is digested, to digest it otherwise too. */
  constructor(onRows?: (rows: Buffer) => void) {
    this.#onRows = onRows;
  }

  update(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#hash.update(chunk);
    this.#onRows?.(chunk);
    this.#bytes += chunk.length;
    this.#lastByte = chunk[chunk.length - 1] ?? NEWLINE;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) this.#rows++;
  }

  /** True when what came so far ends with a whole row. */
  get atRowEnd(): boolean {
    return this.#lastByte === NEWLINE;
  }

  result(): CopyDigestResult {
    return { rows: this.#rows, copyBytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** What pg_dump writes after a table's last row. */
const END_MARKER = Buffer.from('\\.\n\n\n');

/** The same for a data file of an archive, whose end marker must be there and is not counted. */
export class ArchivedCopyDigest {
  readonly #digest: CopyDigest;
  #held: Buffer = Buffer.alloc(0);

  constructor(onRows?: (rows: Buffer) => void) {
    this.#digest = new CopyDigest(onRows);
  }

  update(chunk: Buffer): void {
    if (chunk.length < END_MARKER.length) {
      const joined = Buffer.concat([this.#held, chunk]);
      const keep = Math.min(END_MARKER.length, joined.length);
      this.#digest.update(joined.subarray(0, joined.length - keep));
      this.#held = joined.subarray(joined.length - keep);
      return;
    }
    this.#digest.update(this.#held);
    this.#digest.update(chunk.subarray(0, -END_MARKER.length));
    // A copy, because the chunk's memory may be used again.
    this.#held = Buffer.from(chunk.subarray(-END_MARKER.length));
  }

  /** @throws Error when the data does not end as pg_dump ends a table. */
  result(): CopyDigestResult {
    if (!this.#held.equals(END_MARKER) || !this.#digest.atRowEnd)
      throw new Error('the end marker is missing: it is cut short');
    return this.#digest.result();
  }
}
