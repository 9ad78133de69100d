import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArchiveToc, type ArchiveToc } from './archive-toc.js';
import { DUMP_DIRECTORY } from './data-file.js';
import { openData, type ArchiveAccess } from './open-archive.js';
import type { ArchivePlace } from './types.js';

/**
 * The table of contents of a backup's archive; undefined for a format that has none (plain, csv).
 * @throws as openData, and Error where it is no such archive.
 */
export async function readToc(access: ArchiveAccess, backup: ArchivePlace): Promise<ArchiveToc | undefined> {
  if (backup.format === 'plain' || backup.format === 'csv') return undefined;
  if (backup.format === 'directory')
    return parseArchiveToc(await readFile(join(backup.path, DUMP_DIRECTORY, 'toc.dat')));
  let head = Buffer.alloc(0);
  for await (const piece of openData(access, backup)) {
    head = Buffer.concat([head, piece]);
    const toc = tryParseToc(head, true);
    if (toc !== undefined) return toc;
  }
  return parseArchiveToc(head);
}

/** Undefined while the table of contents is not whole and more is to come. */
export function tryParseToc(head: Buffer, moreToCome: boolean): ArchiveToc | undefined {
  try {
    return parseArchiveToc(head);
  } catch (error) {
    if (error instanceof RangeError && moreToCome) return undefined;
    throw error;
  }
}
