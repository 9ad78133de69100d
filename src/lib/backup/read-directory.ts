import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrent } from '../core/map-concurrent.js';
import { qualifiedName, tableOf, type ArchiveContent } from './archive-content.js';
import { parseArchiveToc, type ArchiveToc, type TocEntry } from './archive-toc.js';
import { ArchivedCopyDigest } from './copy-digest.js';
import { DUMP_DIRECTORY, layersOf } from './data-file.js';
import { unwrap } from './open-archive.js';
import type { FileLedger, ReadArchiveOptions } from './read-archive.js';
import { FileReading } from './read-file.js';
import { readLargeObjects, type LargeObjectDigest } from './read-large-objects.js';
import { parseSequenceSet } from './sequence-set.js';
import type { BackupTable } from './types.js';

const TOC_FILE = 'toc.dat';
const SUFFIXES = ['', '.gz', '.zst', '.lz4'];

/** Reads a directory archive: its table of contents and, with `fingerprint`, all that this names. */
export async function readDirectory(
  options: ReadArchiveOptions,
  ledger: FileLedger,
): Promise<ArchiveContent> {
  const reader = new DirectoryReader(options, ledger);
  const toc = await reader.readToc();
  const entries = toc?.entries ?? [];
  const data = entries.filter((entry) => entry.desc === 'TABLE DATA');
  const sequences = entries.flatMap((entry) => parseSequenceSet(entry) ?? []);
  if (!options.fingerprint) {
    const tables = data.map((entry) => tableOf(entry, reader.fileOf(entry)));
    return { tables, sequences, largeObjects: null };
  }
  let done = 0;
  const tables = await mapConcurrent(data, options.concurrency, async (entry) => {
    const table = await reader.readTable(entry);
    options.onProgress({ phase: 'reading back', done: ++done, total: data.length, unit: 'tables' });
    return table;
  });
  return {
    tables: tables.filter((table) => table !== undefined),
    sequences,
    largeObjects: await reader.readLargeObjects(entries),
  };
}

/** pg_restore would follow them, out of the archive. */
function refusePaths({ entries }: ArchiveToc): void {
  const outside = entries.find(({ dataFile }) => dataFile !== null && !/^[\w.]+$/.test(dataFile));
  if (outside === undefined) return;
  throw new Error(
    `its entry ${outside.tag} names the file ${JSON.stringify(outside.dataFile)}, which is not in it`,
  );
}

class DirectoryReader {
  readonly #options: ReadArchiveOptions;
  readonly #ledger: FileLedger;
  #names = new Set<string>();

  constructor(options: ReadArchiveOptions, ledger: FileLedger) {
    this.#options = options;
    this.#ledger = ledger;
  }

  async readToc(): Promise<ArchiveToc | undefined> {
    const path = `${DUMP_DIRECTORY}/${TOC_FILE}`;
    try {
      this.#names = new Set(await readdir(join(this.#options.directory, DUMP_DIRECTORY)));
      const bytes = await readFile(join(this.#options.directory, path));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      this.#ledger.add(path, { sizeBytes: bytes.length, sha256 });
      const toc = parseArchiveToc(bytes);
      refusePaths(toc);
      return toc;
    } catch (error) {
      this.#ledger.problem(path, null, error);
      return undefined;
    }
  }

  /** Path of an entry's data file in the backup. */
  fileOf({ dataFile }: TocEntry): string {
    return this.#existing(dataFile ?? '');
  }

  async readTable(entry: TocEntry): Promise<BackupTable | undefined> {
    if (entry.dataFile === null) return undefined;
    const table = tableOf(entry, this.fileOf(entry));
    const digest = new ArchivedCopyDigest((rows) => this.#options.onRows?.(table, rows));
    const read = await this.#readThrough(table.file, qualifiedName(table), (piece) => digest.update(piece));
    if (!read) return undefined;
    try {
      return { ...table, ...digest.result() };
    } catch (error) {
      this.#ledger.problem(table.file, qualifiedName(table), error);
      return undefined;
    }
  }

  async readLargeObjects(entries: readonly TocEntry[]): Promise<LargeObjectDigest[] | null> {
    const lists = entries.flatMap(({ desc, dataFile }) =>
      desc === 'BLOBS' && dataFile !== null ? [dataFile] : [],
    );
    if (lists.length === 0) return null;
    const files = {
      readWhole: async (name: string) => {
        const pieces: Buffer[] = [];
        const read = await this.#readThrough(`${DUMP_DIRECTORY}/${name}`, null, (piece) =>
          pieces.push(piece),
        );
        return read ? Buffer.concat(pieces).toString('latin1') : '';
      },
      readThrough: (name: string, sink: (piece: Buffer) => void) =>
        this.#readThrough(this.#existing(name), null, sink),
    };
    const objects: LargeObjectDigest[] = [];
    for (const list of lists) objects.push(...(await readLargeObjects(list, files)));
    return objects;
  }

  /** Gives a file's clear content to the sink; true when it was read to its end. */
  async #readThrough(path: string, table: string | null, sink: (piece: Buffer) => void): Promise<boolean> {
    const reading = new FileReading(join(this.#options.directory, path), this.#options.signal);
    try {
      for await (const piece of unwrap(this.#options, layersOf(path), reading.pieces())) sink(piece);
      this.#ledger.add(path, reading.result());
      return true;
    } catch (error) {
      this.#ledger.problem(path, table, error);
      return false;
    }
  }

  #existing(dataFile: string): string {
    const suffix = SUFFIXES.find((candidate) => this.#names.has(`${dataFile}${candidate}`));
    return `${DUMP_DIRECTORY}/${dataFile}${suffix ?? ''}`;
  }
}
