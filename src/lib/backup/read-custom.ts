import { createHash } from 'node:crypto';
import {
  contentError,
  ContentError,
  qualifiedName,
  tableOf,
  type ArchiveContent,
} from './archive-content.js';
import type { ArchiveToc, TocEntry } from './archive-toc.js';
import { ByteStream } from './byte-stream.js';
import { ArchivedCopyDigest } from './copy-digest.js';
import { decompress, type DecompressDeps } from './decompress.js';
import { tryParseToc } from './read-toc.js';
import type { LargeObjectDigest } from './read-large-objects.js';
import type { OnRows } from './row-set-digest.js';
import { parseSequenceSet } from './sequence-set.js';
import type { BackupTable } from './types.js';

export interface ReadContentOptions extends DecompressDeps {
  /** The file, as tables and problems name it. */
  readonly file: string;
  /** Read the data too, rather than the table of contents alone. */
  readonly fingerprint: boolean;
  /** Called after each table. */
  readonly onTable?: ((done: number, total: number) => void) | undefined;
  readonly onRows?: OnRows | undefined;
}

/** Kinds of data blocks (pg_backup_custom.c). */
const DATA_BLOCK = 1;
const LARGE_OBJECTS_BLOCK = 3;
/** Small chunks are gathered before they are decompressed. */
const GATHERED_BYTES = 64 * 1024;

/**
 * Reads a custom archive from its first byte to its last, whatever it comes from: the table of contents, then every
 * table's rows and every large object.
 */
export async function readCustom(
  source: AsyncIterable<Buffer>,
  options: ReadContentOptions,
): Promise<ArchiveContent> {
  const stream = new ByteStream(source);
  try {
    return await readStream(stream, options);
  } finally {
    await stream.close();
  }
}

async function readStream(stream: ByteStream, options: ReadContentOptions): Promise<ArchiveContent> {
  const toc = await readHead(stream);
  const data = toc.entries.filter(({ desc }) => desc === 'TABLE DATA');
  const sequences = toc.entries.flatMap((entry) => parseSequenceSet(entry) ?? []);
  if (!options.fingerprint) {
    await stream.drain();
    const tables = data.map((entry) => tableOf(entry, options.file));
    return { tables, sequences, largeObjects: null };
  }
  const reader = new CustomReader(stream, toc, options);
  await reader.readBlocks(data.length);
  const missing = data.find(({ dumpId }) => !reader.tables.has(dumpId));
  if (missing !== undefined) throw new ContentError('its data is missing', nameOf(missing));
  return {
    tables: data.flatMap(({ dumpId }) => reader.tables.get(dumpId) ?? []),
    sequences,
    largeObjects: toc.entries.some(({ desc }) => desc === 'BLOBS') ? reader.largeObjects : null,
  };
}

async function readHead(stream: ByteStream): Promise<ArchiveToc> {
  for (;;) {
    const more = await stream.more();
    const toc = tryParseToc(stream.waiting, more);
    if (toc === undefined) continue;
    stream.skip(toc.dataStart);
    return toc;
  }
}

function nameOf({ namespace, tag }: TocEntry): string {
  return qualifiedName({ schema: namespace ?? '', name: tag });
}

class CustomReader {
  readonly tables = new Map<number, BackupTable>();
  readonly largeObjects: LargeObjectDigest[] = [];
  readonly #stream: ByteStream;
  readonly #toc: ArchiveToc;
  readonly #options: ReadContentOptions;
  readonly #entries: ReadonlyMap<number, TocEntry>;

  constructor(stream: ByteStream, toc: ArchiveToc, options: ReadContentOptions) {
    this.#stream = stream;
    this.#toc = toc;
    this.#options = options;
    this.#entries = new Map(toc.entries.map((entry) => [entry.dumpId, entry]));
  }

  async readBlocks(total: number): Promise<void> {
    for (;;) {
      const kind = (await this.#stream.exactly(1))?.[0];
      if (kind === undefined) return;
      const entry = this.#entries.get(await this.#int());
      if (entry === undefined) throw new Error('it has data of an unknown object');
      if (kind === DATA_BLOCK) await this.#readTable(entry);
      else if (kind === LARGE_OBJECTS_BLOCK) await this.#readLargeObjects();
      else throw new Error('it has data of an unknown kind');
      this.#options.onTable?.(this.tables.size, total);
    }
  }

  async #readTable(entry: TocEntry): Promise<void> {
    const table = tableOf(entry, this.#options.file);
    const digest = new ArchivedCopyDigest((rows) => this.#options.onRows?.(table, rows));
    try {
      for await (const piece of this.#content()) digest.update(piece);
      this.tables.set(entry.dumpId, { ...table, ...digest.result() });
    } catch (error) {
      throw contentError(error, nameOf(entry));
    }
  }

  async #readLargeObjects(): Promise<void> {
    for (let oid = await this.#int(); oid !== 0; oid = await this.#int()) {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const piece of this.#content()) {
        hash.update(piece);
        bytes += piece.length;
      }
      this.largeObjects.push({ oid, bytes, sha256: hash.digest('hex') });
    }
  }

  /** The clear bytes of the block that comes. */
  #content(): AsyncIterable<Buffer> {
    const { compression } = this.#toc;
    return compression === 'none' ? this.#chunks() : decompress(this.#options, compression, this.#chunks());
  }

  /** What a block's chunks hold: each a length and so many bytes, the last of length 0. */
  async *#chunks(): AsyncGenerator<Buffer> {
    let gathered: Buffer[] = [];
    let bytes = 0;
    for (let left = await this.#int(); left > 0; left = await this.#int()) {
      while (left > 0) {
        const piece = await this.#stream.some(left);
        if (piece.length === 0) throw new Error('it is cut short');
        left -= piece.length;
        bytes += piece.length;
        gathered.push(piece);
        if (bytes < GATHERED_BYTES) continue;
        yield Buffer.concat(gathered);
        [gathered, bytes] = [[], 0];
      }
    }
    if (bytes > 0) yield Buffer.concat(gathered);
  }

  /** A sign byte, then the absolute value, least significant byte first. */
  async #int(): Promise<number> {
    const bytes = await this.#stream.exactly(1 + this.#toc.intSize);
    if (bytes === undefined) throw new Error('it is cut short');
    const value = bytes.readUIntLE(1, Math.min(this.#toc.intSize, 6));
    return bytes[0] === 0 ? value : -value;
  }
}
