import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArchiveToc, type ArchiveToc } from './archive-toc.js';
import { DUMP_DIRECTORY } from './read-archive.js';
import type { Backup, BackupTable } from './types.js';

/** A table of a backup, and the statement that gives its COPY stream as pg_dump got it. */
export interface TableCopy {
  readonly table: BackupTable;
  readonly statement: string;
}

/** The table of contents of a backup's archive. */
export async function readToc(backup: Backup): Promise<ArchiveToc> {
  return parseArchiveToc(await readFile(join(backup.path, DUMP_DIRECTORY, 'toc.dat')));
}

const COPY_IN = ' FROM stdin;';

/**
 * For every table of a backup the `COPY ... TO STDOUT` that pg_dump ran: from the archive's own COPY statement, so
 * that names and columns are quoted and ordered the same.
 */
export async function copyOutStatements(backup: Backup): Promise<TableCopy[]> {
  const toc = await readToc(backup);
  const statements = new Map(
    toc.entries
      .filter(({ desc }) => desc === 'TABLE DATA')
      .map(({ namespace, tag, copyStatement }) => [JSON.stringify([namespace, tag]), copyStatement ?? '']),
  );
  return backup.tables.map((table) => {
    const copyIn = statements.get(JSON.stringify([table.schema, table.name]))?.trimEnd() ?? '';
    if (!copyIn.endsWith(COPY_IN))
      throw new Error(`table ${table.schema}.${table.name} has no COPY statement`);
    return { table, statement: `${copyIn.slice(0, -COPY_IN.length)} TO STDOUT (ENCODING '${toc.encoding}')` };
  });
}
