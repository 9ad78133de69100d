import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrent } from '../core/map-concurrent.js';
import type { OnProgress } from '../core/progress.js';
import { parseArchiveToc, type ArchiveToc, type TocEntry } from './archive-toc.js';
import { ArchivedCopyDigest } from './copy-digest.js';
import { DUMP_DIRECTORY } from './data-file.js';
import { readLargeObjects, type LargeObjectDigest } from './read-large-objects.js';
import { digestFile, readFileThrough } from './read-file.js';
import { parseSequenceSet } from './sequence-set.js';
import type { BackupFile, BackupProblem, BackupSequence, BackupTable, LargeObjects } from './types.js';

export interface ReadArchiveOptions {
  /** The backup's directory; the archive lies in `dump/` below it. */
  readonly directory: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Everything an archive holds, as found by reading every byte of it. */
export interface ArchiveReading {
  readonly toc: ArchiveToc | undefined;
  readonly tables: readonly BackupTable[];
  readonly sequences: readonly BackupSequence[];
  readonly largeObjects: LargeObjects | null;
  readonly files: readonly BackupFile[];
  readonly problems: readonly BackupProblem[];
}

const TOC_FILE = 'toc.dat';
const SUFFIXES = ['', '.gz'];

/**
 * Reads a directory archive to its last byte, without a server: every table's data through to its end marker,
 * every large object, every file's checksum. What is wrong is collected in `problems`, not thrown.
 */
export async function readArchive(options: ReadArchiveOptions): Promise<ArchiveReading> {
  const reader = new DirectoryReader(options);
  const toc = await reader.readToc();
  const entries = toc?.entries ?? [];
  const data = entries.filter((entry) => entry.desc === 'TABLE DATA');
  let done = 0;
  const tables = await mapConcurrent(data, options.concurrency, async (entry) => {
    const table = await reader.readTable(entry);
    options.onProgress({ phase: 'reading back', done: ++done, total: data.length, unit: 'tables' });
    return table;
  });
  const largeObjects = await reader.readLargeObjects(entries);
  await reader.readOthers();
  return {
    toc,
    tables: tables.filter((table) => table !== undefined),
    sequences: entries.flatMap((entry) => parseSequenceSet(entry) ?? []),
    largeObjects,
    files: reader.files,
    problems: reader.problems,
  };
}

class DirectoryReader {
  readonly #options: ReadArchiveOptions;
  readonly #files = new Map<string, BackupFile>();
  readonly problems: BackupProblem[] = [];
  #names = new Set<string>();

  constructor(options: ReadArchiveOptions) {
    this.#options = options;
  }

  get files(): BackupFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async readToc(): Promise<ArchiveToc | undefined> {
    try {
      this.#names = new Set(await readdir(join(this.#options.directory, DUMP_DIRECTORY)));
      const bytes = await readFile(this.#path(TOC_FILE));
      this.#add(TOC_FILE, {
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
      return parseArchiveToc(bytes);
    } catch (error) {
      this.#problem(TOC_FILE, null, error);
      return undefined;
    }
  }

  async readTable(entry: TocEntry): Promise<BackupTable | undefined> {
    const { namespace, tag, dataFile } = entry;
    if (dataFile === null) return undefined;
    const table = { schema: namespace ?? '', name: tag, copied: copiedBy(entry.copyStatement ?? '') };
    const name = this.#existing(dataFile);
    const digest = new ArchivedCopyDigest();
    const read = await this.#readThrough(name, `${table.schema}.${table.name}`, (chunk) => {
      digest.update(chunk);
    });
    if (!read) return undefined;
    try {
      return { ...table, file: `${DUMP_DIRECTORY}/${name}`, ...digest.result() };
    } catch (error) {
      this.#problem(name, `${table.schema}.${table.name}`, error);
      return undefined;
    }
  }

  async readLargeObjects(entries: readonly TocEntry[]): Promise<LargeObjects | null> {
    const lists = entries.flatMap(({ desc, dataFile }) =>
      desc === 'BLOBS' && dataFile !== null ? [dataFile] : [],
    );
    if (lists.length === 0) return null;
    const objects: LargeObjectDigest[] = [];
    for (const list of lists) {
      objects.push(
        ...(await readLargeObjects(list, {
          readWhole: async (name) => {
            const chunks: Buffer[] = [];
            const read = await this.#readThrough(name, null, (chunk) => chunks.push(chunk));
            return read ? Buffer.concat(chunks).toString('latin1') : '';
          },
          readThrough: (name, sink) => this.#readThrough(this.#existing(name), null, sink),
        })),
      );
    }
    return summariseLargeObjects(objects);
  }

  /** Files which the table of contents does not speak of, so that their checksums are known too. */
  async readOthers(): Promise<void> {
    for (const name of this.#names) {
      if (this.#files.has(`${DUMP_DIRECTORY}/${name}`)) continue;
      try {
        this.#add(name, await digestFile(this.#path(name), this.#options.signal));
      } catch (error) {
        this.#problem(name, null, error);
      }
    }
  }

  async #readThrough(name: string, table: string | null, sink: (chunk: Buffer) => void): Promise<boolean> {
    try {
      this.#add(name, await readFileThrough(this.#path(name), sink, this.#options.signal));
      return true;
    } catch (error) {
      this.#problem(name, table, error);
      return false;
    }
  }

  #existing(dataFile: string): string {
    const suffix = SUFFIXES.find((candidate) => this.#names.has(`${dataFile}${candidate}`));
    return `${dataFile}${suffix ?? ''}`;
  }

  #path(name: string): string {
    return join(this.#options.directory, DUMP_DIRECTORY, name);
  }

  #add(name: string, digest: Omit<BackupFile, 'path'>): void {
    const path = `${DUMP_DIRECTORY}/${name}`;
    this.#files.set(path, { path, sizeBytes: digest.sizeBytes, sha256: digest.sha256 });
  }

  #problem(name: string, table: string | null, error: unknown): void {
    this.#options.signal.throwIfAborted();
    this.problems.push({ file: `${DUMP_DIRECTORY}/${name}`, table, problem: problemText(error) });
  }
}

/** `schema.table (columns)` of `COPY schema.table (columns) FROM stdin;`. */
function copiedBy(statement: string): string {
  return statement
    .replace(/^COPY /, '')
    .replace(/ FROM stdin;\s*$/, '')
    .trimEnd();
}

function problemText(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'it is missing';
  if (code === 'Z_BUF_ERROR') return 'it is cut short';
  if (code === 'Z_DATA_ERROR') return 'its compressed data is damaged';
  return error instanceof Error ? error.message : String(error);
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
