import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { BkDbError } from '../core/errors.js';
import type { ServerLayout } from './layout.js';

/** Proves that bk-db made this data directory, and that it still is the one it made. */
export const MARKER_FILE = 'bk-db.json';
const markerSchema = z.object({
  formatVersion: z.literal(1),
  systemIdentifier: z.string(),
  createdAt: z.string(),
});

/** Major version of the server's data; undefined when the server was never created. */
export async function dataVersion(layout: ServerLayout): Promise<number | undefined> {
  if (!(await isThere(join(layout.dataDirectory, MARKER_FILE)))) return undefined;
  return Number.parseInt(await readFile(join(layout.dataDirectory, 'PG_VERSION'), 'utf8'), 10);
}

/** A directory that cannot be looked into is an error, and not an absent server. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}

/**
 * Checks that the data is what bk-db created there: before anything is destroyed.
 * @throws BkDbError CONFIG_INVALID when it is some other cluster's.
 */
export async function assertOwnData(layout: ServerLayout): Promise<void> {
  const content = await readFile(join(layout.dataDirectory, MARKER_FILE), 'utf8');
  const marker = markerSchema.safeParse(JSON.parse(content));
  const found = await systemIdentifier(layout.dataDirectory).catch(() => undefined);
  if (marker.success && (found === undefined || found === marker.data.systemIdentifier)) return;
  throw new BkDbError(
    'CONFIG_INVALID',
    `${layout.dataDirectory} is not the data that bk-db created there: its system identifier differs`,
    { hint: 'Look at the directory; bk-db leaves it alone.', details: { found: found ?? null } },
  );
}

/** What marks fresh data as bk-db's. */
export async function newMarker(data: string): Promise<string> {
  const marker = {
    formatVersion: 1,
    systemIdentifier: await systemIdentifier(data),
    createdAt: new Date().toISOString(),
  } satisfies z.infer<typeof markerSchema>;
  return `${JSON.stringify(marker)}\n`;
}

/** The number that PostgreSQL gave the cluster: the first eight bytes of its control file. */
async function systemIdentifier(data: string): Promise<string> {
  const file = await open(join(data, 'global/pg_control'), 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.readBigUInt64LE().toString();
  } finally {
    await file.close();
  }
}
