import { createHash } from 'node:crypto';
import {
  contentError,
  ContentError,
  copiedBy,
  qualifiedName,
  type ArchiveContent,
} from './archive-content.js';
import { textDecoderFor } from './archive-encoding.js';
import { CopyDigest } from './copy-digest.js';
import { parseQualifiedName } from './qualified-name.js';
import { ScriptSplitter, startsRows } from './script-splitter.js';
import type { OnRows } from './row-set-digest.js';
import type { LargeObjectDigest } from './read-large-objects.js';
import type { BackupSequence, BackupTable } from './types.js';

const SETVAL = /^SELECT pg_catalog\.setval\('((?:[^']|'')+)', (-?\d+), (true|false)\);$/;
const ENCODING = /^SET client_encoding = '([^']+)';$/;
const LARGE_OBJECT =
  /^SELECT pg_catalog\.lo(?:_open\('(\d+)', \d+|write\(0, E?'\\?\\x([0-9a-f]*)'|_(close)\(0)\);$/;
const END = /\n-- PostgreSQL database dump complete\n--\n\s*(?:\\unrestrict \w+\s*)?$/;
const BACKSLASH = 0x5c;
const TAIL_BYTES = 1024;
/** Longer statements are not looked into, except those that write a piece of a large object. */
const LONGEST_STATEMENT = 1024 * 1024;

/** Reads pg_dump's plain script from its first byte to its end marker: every table's rows, every large object. */
export async function readPlain(
  source: AsyncIterable<Buffer>,
  { file, onRows }: { readonly file: string; readonly onRows?: OnRows | undefined },
): Promise<ArchiveContent> {
  const reader = new PlainReader(file, onRows);
  const splitter = new ScriptSplitter(reader);
  let tail = '';
  try {
    for await (const piece of source) {
      splitter.write(piece);
      tail = (tail + piece.subarray(-TAIL_BYTES).toString('latin1')).slice(-TAIL_BYTES);
    }
    splitter.end();
  } catch (error) {
    throw contentError(error, reader.tableAtWork);
  }
  if (!END.test(tail)) throw new ContentError('the end marker is missing: it is cut short', null);
  const { tables, sequences, largeObjects } = reader;
  return { tables, sequences, largeObjects: largeObjects.length === 0 ? null : largeObjects };
}

class PlainReader {
  readonly tables: BackupTable[] = [];
  readonly sequences: BackupSequence[] = [];
  readonly largeObjects: LargeObjectDigest[] = [];
  readonly #file: string;
  readonly #onRows: OnRows | undefined;
  #decode = textDecoderFor('UTF8');
  #copied = '';
  #digest: CopyDigest | undefined;
  #object: { oid: number; hash: ReturnType<typeof createHash>; bytes: number } | undefined;

  constructor(file: string, onRows: OnRows | undefined) {
    this.#file = file;
    this.#onRows = onRows;
  }

  get tableAtWork(): string | null {
    return this.#digest === undefined ? null : qualifiedName(parseQualifiedName(this.#copied));
  }

  readonly statement = (bytes: Buffer): boolean => {
    if (bytes.length > LONGEST_STATEMENT) return false;
    const text = this.#decode(bytes);
    if (startsRows(bytes)) {
      this.#copied = copiedBy(text);
      const table = parseQualifiedName(this.#copied);
      this.#digest = new CopyDigest((rows) => this.#onRows?.(table, rows));
      return true;
    }
    this.#readSetting(text);
    this.#readSequence(text);
    this.#readLargeObject(text);
    return false;
  };

  readonly line = (bytes: Buffer): void => {
    if (
      bytes[0] !== BACKSLASH ||
      /^\\(?:restrict|unrestrict|connect|encoding) /.test(bytes.toString('latin1'))
    )
      return;
    const line = bytes.subarray(0, 40).toString('latin1').trimEnd();
    throw new Error(`its line ${JSON.stringify(line)} is a command of psql that pg_dump does not write`);
  };

  readonly rows = (bytes: Buffer): void => {
    this.#digest?.update(bytes);
  };

  readonly rowsEnd = (): void => {
    if (this.#digest === undefined) return;
    const copied = this.#copied;
    this.tables.push({ ...parseQualifiedName(copied), copied, file: this.#file, ...this.#digest.result() });
    this.#digest = undefined;
  };

  #readSetting(text: string): void {
    const encoding = ENCODING.exec(text)?.[1];
    if (encoding !== undefined) this.#decode = textDecoderFor(encoding);
  }

  #readSequence(text: string): void {
    const [, name, lastValue, isCalled] = SETVAL.exec(text) ?? [];
    if (name === undefined || lastValue === undefined) return;
    const named = parseQualifiedName(name.replaceAll("''", "'"));
    this.sequences.push({ ...named, lastValue, isCalled: isCalled === 'true' });
  }

  #readLargeObject(text: string): void {
    const match = LARGE_OBJECT.exec(text);
    if (match === null) return;
    const [, oid, data] = match;
    if (oid !== undefined) this.#object = { oid: Number(oid), hash: createHash('sha256'), bytes: 0 };
    else if (this.#object !== undefined && data !== undefined) {
      this.#object.hash.update(data, 'hex');
      this.#object.bytes += data.length / 2;
    } else if (this.#object !== undefined) {
      const { hash, ...object } = this.#object;
      this.largeObjects.push({ ...object, sha256: hash.digest('hex') });
      this.#object = undefined;
    }
  }
}
