import { CsvDigest, openExport } from '../csv/index.js';
import { BkDbError } from '../core/errors.js';
import { ContentError, type ArchiveContent } from './archive-content.js';
import type { BackupTable } from './types.js';

export interface ReadCsvOptions {
  /** The archive, as tables and problems name it. */
  readonly file: string;
  readonly signal: AbortSignal;
  /** Called after each table. */
  readonly onTable: (done: number, total: number) => void;
}

/**
 * Reads an archive of CSV files through: each table's rows counted and its file hashed.
 * @throws Error saying what is wrong with the archive.
 */
export async function readCsv(
  path: string,
  { file, signal, onTable }: ReadCsvOptions,
): Promise<ArchiveContent> {
  const opened = await openExport(path).catch((error: unknown) => {
    throw isMissing(error) ? new Error('it is missing', { cause: error }) : error;
  });
  try {
    const tables: BackupTable[] = [];
    for (const table of opened.manifest.tables) {
      const digest = new CsvDigest();
      for await (const chunk of opened.read(table)) {
        signal.throwIfAborted();
        digest.update(chunk);
      }
      const { rows, bytes, sha256 } = digest.result({ header: true });
      const name = `${table.schema}.${table.name}`;
      if (sha256 !== table.sha256) throw new ContentError(`${table.file} is not as it was written`, name);
      tables.push({
        schema: table.schema,
        name: table.name,
        copied: '',
        file,
        rows,
        copyBytes: bytes,
        sha256,
      });
      onTable(tables.length, opened.manifest.tables.length);
    }
    return { tables, sequences: opened.manifest.sequences, largeObjects: null };
  } finally {
    opened.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof BkDbError && error.code === 'NOT_FOUND';
}
