import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionTarget } from './connection.js';
import { openDatabase, type Database } from './database.js';
import type { OnProgress, ProgressEvent } from './progress.js';

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
 * Reports once a second, while the work runs, how many rows and bytes the tools that carry the target's application name have
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
    const copied: Copied = new Map();
    const begun = performance.now() - POLL_MS;
    for (;;) {
      await report(database, { copied, begun, options });
      await sleep(POLL_MS, undefined, { signal });
    }
  } finally {
    await database.close();
  }
}

/** Rows and bytes of each table, as last seen. */
type Copied = Map<string, { readonly rows: number; readonly bytes: number }>;

interface Reporting {
  readonly copied: Copied;
  readonly begun: number;
  readonly options: CopyProgressOptions;
}

/** A finished COPY is no longer in the view, so what was last seen of each table is kept. */
async function report({ sql, target, serverVersion }: Database, { copied, begun, options }: Reporting) {
  const { phase, totalRows, onProgress } = options;
  if (serverVersion < FIRST_VERSION) {
    onProgress({ phase });
    return;
  }
  const running = await sql<{ name: string; rows: number; bytes: number }[]>`
    select p.relid::regclass::text as name, p.tuples_processed::float8 as rows, p.bytes_processed::float8 as bytes
      from pg_catalog.pg_stat_progress_copy p
      join pg_catalog.pg_stat_activity a on a.pid = p.pid
     where p.datname = pg_catalog.current_database() and a.application_name = ${target.applicationName}
       and p.relid <> 0`;
  for (const { name, rows, bytes } of running) copied.set(name, { rows, bytes });
  const table = running[0]?.name;
  const at = table === undefined ? phase : `${phase} ${table}`;
  onProgress({ phase: at, ...copyProgress([...copied.values()], totalRows, performance.now() - begun) });
}

/** What the figures of all tables add up to after so long. Pure. */
export function copyProgress(
  tables: readonly { readonly rows: number; readonly bytes: number }[],
  totalRows: number | undefined,
  elapsedMs: number,
): Omit<ProgressEvent, 'phase'> {
  const done = tables.reduce((sum, { rows }) => sum + rows, 0);
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const figures = { done, unit: 'rows', bytes, bytesPerSecond: (bytes / elapsedMs) * 1_000 } as const;
  if (totalRows === undefined) return figures;
  const total = Math.max(totalRows, done);
  // The planner's estimate, once passed, says nothing of what remains.
  const known = done > 0 && done < totalRows;
  return { ...figures, total, ...(known ? { remainingMs: (elapsedMs / done) * (total - done) } : {}) };
}
