import { createHash } from 'node:crypto';

const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** Counts and hashes CSV as COPY writes it: a newline outside quotes ends a row. */
export class CsvDigest {
  readonly #hash = createHash('sha256');
  readonly #quote: number;
  #lines = 0;
  #bytes = 0;
  #quoted = false;

  constructor(quote = '"') {
    this.#quote = quote === '"' ? QUOTE : quote.charCodeAt(0);
  }

  update(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    let quoted = this.#quoted;
    let lines = 0;
    for (const byte of chunk) {
      if (byte === this.#quote) quoted = !quoted;
      else if (byte === NEWLINE && !quoted) lines++;
    }
    this.#quoted = quoted;
    this.#lines += lines;
  }

  /** `rows` are those below the header. */
  result({ header }: { readonly header: boolean }): { rows: number; bytes: number; sha256: string } {
    const rows = header ? Math.max(0, this.#lines - 1) : this.#lines;
    return { rows, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
