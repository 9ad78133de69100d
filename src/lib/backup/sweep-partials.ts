import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isPartialName } from './store.js';

/** Removes what interrupted backups left, and returns the names; the caller holds the store's lock. */
export async function sweepPartials(directory: string): Promise<string[]> {
  const stale = (await readdir(directory)).filter(isPartialName);
  for (const name of stale) await rm(join(directory, name), { recursive: true, force: true });
  return stale;
}
