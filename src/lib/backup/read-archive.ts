import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BkDbError } from '../core/errors.js';
import { mapConcurrent } from '../core/map-concurrent.js';
import type { OnProgress } from '../core/progress.js';
import { ContentError, problemText, type ArchiveContent } from './archive-content.js';
import { layersOf } from './data-file.js';
import { unwrap, type ArchiveAccess } from './open-archive.js';
import { readCsv } from './read-csv.js';
import { readCustom } from './read-custom.js';
import { readDirectory } from './read-directory.js';
import { digestFile, FileReading } from './read-file.js';
import { readPlain } from './read-plain.js';
import { summariseLargeObjects } from './read-large-objects.js';
import type { OnRows } from './row-set-digest.js';
import { CHECKSUM_FILE, MANIFEST_FILE } from './store.js';
import type {
  BackupFile,
  BackupFormat,
  BackupProblem,
  BackupSequence,
  BackupTable,
  LargeObjects,
} from './types.js';

export interface ReadArchiveOptions extends ArchiveAccess {
  /** The backup's directory. */
  readonly directory: string;
  readonly format: BackupFormat;
  /** The archive's place in it. */
  readonly dataPath: string;
  /** Read all data; else the table of contents and the files' checksums alone. */
  readonly fingerprint: boolean;
  /** False where only checksums can be had, of an encrypted archive without its key. */
  readonly contents: boolean;
  /** Files read at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Told of every table's rows. */
  readonly onRows?: OnRows | undefined;
}

/** Everything an archive holds, as found by reading every byte of it. */
export interface ArchiveReading {
  readonly tables: readonly BackupTable[];
  readonly sequences: readonly BackupSequence[];
  readonly largeObjects: LargeObjects | null;
  readonly files: readonly BackupFile[];
  readonly problems: readonly BackupProblem[];
}

/**
 * Reads a backup's files to their last byte, without a server: every table's data through to its end marker, every
 * large object, every file's checksum. What is wrong is collected in `problems`, not thrown.
 * @throws BkDbError what has nothing to do with the files: a wrong key, a missing program.
 */
export async function readArchive(options: ReadArchiveOptions): Promise<ArchiveReading> {
  const ledger = new FileLedger(options);
  const content = await readContent(options, ledger);
  await ledger.addOthers(options.concurrency);
  return { ...summarise(content), files: ledger.files, problems: ledger.problems };
}

/** A content as the manifest states it. */
export function summarise({ tables, sequences, largeObjects }: ArchiveContent) {
  return {
    tables,
    sequences,
    largeObjects: largeObjects === null ? null : summariseLargeObjects(largeObjects),
  };
}

async function readContent(options: ReadArchiveOptions, ledger: FileLedger): Promise<ArchiveContent> {
  const { format, dataPath } = options;
  if (!options.contents) return NO_CONTENT;
  if (format === 'directory') return readDirectory(options, ledger);
  if (format === 'csv') return readCsvArchive(options, ledger);
  const reading = new FileReading(join(options.directory, dataPath), options.signal);
  try {
    const clear = unwrap(options, layersOf(dataPath), reading.pieces());
    const content =
      format === 'plain'
        ? await readPlain(clear, { file: dataPath, onRows: options.onRows })
        : await readCustom(clear, { ...options, file: dataPath, onTable: reportTo(options.onProgress) });
    ledger.add(dataPath, reading.result());
    return content;
  } catch (error) {
    ledger.problem(dataPath, error instanceof ContentError ? error.table : null, error);
    return NO_CONTENT;
  }
}

async function readCsvArchive(options: ReadArchiveOptions, ledger: FileLedger): Promise<ArchiveContent> {
  const { dataPath: file, directory, signal } = options;
  try {
    return await readCsv(join(directory, file), { file, signal, onTable: reportTo(options.onProgress) });
  } catch (error) {
    ledger.problem(file, error instanceof ContentError ? error.table : null, error);
    return NO_CONTENT;
  }
}

const NO_CONTENT: ArchiveContent = { tables: [], sequences: [], largeObjects: null };

function reportTo(onProgress: OnProgress) {
  return (done: number, total: number) => onProgress({ phase: 'reading back', done, total, unit: 'tables' });
}

/** What became of a backup's files while they were read. */
export class FileLedger {
  readonly problems: BackupProblem[] = [];
  readonly #files = new Map<string, BackupFile>();
  readonly #options: Pick<ReadArchiveOptions, 'directory' | 'signal'>;

  constructor(options: Pick<ReadArchiveOptions, 'directory' | 'signal'>) {
    this.#options = options;
  }

  get files(): BackupFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  add(path: string, digest: Omit<BackupFile, 'path'>): void {
    this.#files.set(path, { path, sizeBytes: digest.sizeBytes, sha256: digest.sha256 });
  }

  /** Takes note of what is the file's fault, and throws what is not. */
  problem(file: string, table: string | null, error: unknown): void {
    this.#options.signal.throwIfAborted();
    if (error instanceof BkDbError && !FAULTS.includes(error.code)) throw error;
    this.problems.push({ file, table, problem: problemText(error) });
  }

  /** The files that nothing spoke of yet, so that their checksums are known too. */
  async addOthers(concurrency: number): Promise<void> {
    const paths = (await filesBelow(this.#options.directory)).filter((path) => !this.#files.has(path));
    await mapConcurrent(paths, concurrency, async (path) => {
      try {
        this.add(path, await digestFile(join(this.#options.directory, path), this.#options.signal));
      } catch (error) {
        this.problem(path, null, error);
      }
    });
  }
}

/** Codes of failures that a damaged file causes: itself, and a program that cannot read it. */
const FAULTS: readonly string[] = ['BACKUP_CORRUPT', 'TOOL_FAILED'];

/** Every plain file of a backup except those that speak of the others. */
async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => path !== MANIFEST_FILE && path !== CHECKSUM_FILE);
}
