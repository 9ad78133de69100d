import { BkDbError } from '../core/errors.js';
import type { TocEntry } from './archive-toc.js';
import type { LargeObjectDigest } from './read-large-objects.js';
import type { BackupSequence, BackupTable } from './types.js';

/** What reading an archive's data showed. */
export interface ArchiveContent {
  readonly tables: readonly BackupTable[];
  readonly sequences: readonly BackupSequence[];
  /** Null where none were read. */
  readonly largeObjects: readonly LargeObjectDigest[] | null;
}

/** Data that cannot be read on; the table is named where it is one's. */
export class ContentError extends Error {
  readonly table: string | null;

  constructor(message: string, table: string | null, cause?: unknown) {
    super(message, { cause });
    this.table = table;
  }
}

/** An error with the table it struck; one that has a code of its own stays as it is. */
export function contentError(error: unknown, table: string | null): Error {
  return error instanceof BkDbError ? error : new ContentError(problemText(error), table, error);
}

/** The table of an entry TABLE DATA, without its figures. */
export function tableOf(entry: TocEntry, file: string): BackupTable {
  return {
    schema: entry.namespace ?? '',
    name: entry.tag,
    copied: copiedBy(entry.copyStatement ?? ''),
    file,
    rows: null,
    copyBytes: null,
    sha256: null,
  };
}

/** `schema.table (columns)` of `COPY schema.table (columns) FROM stdin;`. */
export function copiedBy(statement: string): string {
  return statement
    .replace(/^COPY /, '')
    .replace(/ FROM stdin;\s*$/, '')
    .trimEnd();
}

/** A table's name as problems tell it. */
export function qualifiedName({ schema, name }: Pick<BackupTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}

/** What a failure to read means, in words that follow a file's name. */
export function problemText(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'it is missing';
  if (code === 'Z_BUF_ERROR') return 'it is cut short';
  if (code === 'Z_DATA_ERROR') return 'its compressed data is damaged';
  return error instanceof Error ? error.message : String(error);
}
