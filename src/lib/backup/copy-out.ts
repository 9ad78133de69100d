import type { Backup, BackupTable } from './types.js';

/** A table of a backup, and the statement that gives its COPY stream as pg_dump got it. */
export interface TableCopy {
  readonly table: BackupTable;
  readonly statement: string;
}

/** For every table of a backup the `COPY ... TO STDOUT` that pg_dump ran. Pure. */
export function copyOutStatements({ tables, encoding }: Pick<Backup, 'tables' | 'encoding'>): TableCopy[] {
  return tables.map((table) => ({
    table,
    statement: `COPY ${table.copied} TO STDOUT (ENCODING '${encoding}')`,
  }));
}
