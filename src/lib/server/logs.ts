import { open, stat } from 'node:fs/promises';
import type { ServerLayout } from './layout.js';
import { requireServer } from './require-server.js';
import type { ServerDeps, ServerLogs } from './types.js';

/** Bytes read from the end of the log at most. */
const TAIL_BYTES = 1024 * 1024;

/**
 * The last lines of the server's log, oldest first.
 * @throws BkDbError NOT_FOUND when the server was never created.
 */
export async function serverLogs(deps: ServerDeps, options: { readonly lines: number }): Promise<ServerLogs> {
  const layout = await requireServer(deps);
  return { logFile: layout.logFile, lines: await readLogTail(layout, options.lines) };
}

/** The last lines of what the log holds from a byte on, at most as many as asked; none when there is no log yet. */
export async function readLogTail(layout: ServerLayout, count: number, from = 0): Promise<string[]> {
  const file = await open(layout.logFile, 'r').catch(() => undefined);
  if (file === undefined || count === 0) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (lines.at(-1) === '') lines.pop();
    // It begins in the middle of a line.
    if (start > from) lines.shift();
    return lines.slice(-count);
  } finally {
    await file.close();
  }
}

/** Bytes of the log so far. */
export async function logSize(layout: ServerLayout): Promise<number> {
  const found = await stat(layout.logFile).catch(() => undefined);
  return found?.size ?? 0;
}
