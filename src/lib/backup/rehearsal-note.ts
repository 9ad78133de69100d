import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../core/files.js';
import { REHEARSAL_FILE } from './store.js';

/** Notes beside a backup's files that it was restored, every table compared, and when. */
export async function noteRehearsal(path: string, at: Date): Promise<void> {
  // On a medium that cannot be written the rehearsal is told all the same.
  await writeFileAtomic(join(path, REHEARSAL_FILE), `${at.toISOString()}\n`).catch(() => undefined);
}

/** When a backup was last restored and compared; undefined when it never was. */
export async function readRehearsal(path: string): Promise<Date | undefined> {
  const text = await readFile(join(path, REHEARSAL_FILE), 'utf8').catch(() => '');
  const time = new Date(text.trim());
  return Number.isNaN(time.getTime()) ? undefined : time;
}
