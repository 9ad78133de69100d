import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionTarget } from './connection.js';
import { openDatabase, type Database } from './database.js';
import type { OnProgress } from './progress.js';

export interface CopyProgressOptions {
  /** What is being done, such as `dumping`; the table at work is added. */
  readonly phase: string;
  /** Rows that there will be, as far as known. */
  readonly totalRows: number | undefined;
  readonly onProgress: OnProgress;
}

const POLL_MS = 1_000;
/** The server's view of running COPY commands came with PostgreSQL 14. */
const FIRST_VERSION = 140_000;

/**
 * Reports once a second, while the work runs, how many rows the tools that carry the target's application name have
 * copied in its database. Never fails for want of progress: short work does not even connect.
 */
export async function withCopyProgress<T>(
  target: ConnectionTarget,
  options: CopyProgressOptions,
  work: () => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  options.onProgress({ phase: options.phase });
  const polling = poll(target, options, stop.signal).catch(() => undefined);
  try {
    return await work();
  } finally {
    stop.abort();
    await polling;
  }
}

async function poll(
  target: ConnectionTarget,
  options: CopyProgressOptions,
  signal: AbortSignal,
): Promise<void> {
  await sleep(POLL_MS, undefined, { signal });
  const database = await openDatabase(target, { pool: { max: 1 } });
  try {
    const rowsByTable = new Map<string, number>();
    for (;;) {
      await report(database, rowsByTable, options);
      await sleep(POLL_MS, undefined, { signal });
    }
  } finally {
    await database.close();
  }
}

/** A finished COPY is no longer in the view, so what was last seen of each table is kept. */
async function report(
  { sql, target, serverVersion }: Database,
  rowsByTable: Map<string, number>,
  { phase, totalRows, onProgress }: CopyProgressOptions,
): Promise<void> {
  if (serverVersion < FIRST_VERSION) {
    onProgress({ phase });
    return;
  }
  const running = await sql<{ name: string; rows: number }[]>`
    select p.relid::regclass::text as name, p.tuples_processed::float8 as rows
      from pg_catalog.pg_stat_progress_copy p
      join pg_catalog.pg_stat_activity a on a.pid = p.pid
     where p.datname = pg_catalog.current_database() and a.application_name = ${target.applicationName}
       and p.relid <> 0`;
  for (const { name, rows } of running) rowsByTable.set(name, rows);
  const done = [...rowsByTable.values()].reduce((total, rows) => total + rows, 0);
  const table = running[0]?.name;
  onProgress({
    phase: table === undefined ? phase : `${phase} ${table}`,
    done,
    unit: 'rows',
    ...(totalRows === undefined ? {} : { total: Math.max(totalRows, done) }),
  });
}
