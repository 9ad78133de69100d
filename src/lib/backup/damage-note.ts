import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../core/files.js';
import { DAMAGE_FILE } from './store.js';
import type { BackupVerification } from './types.js';

/**
 * Notes beside a backup's files that `verify` found it damaged, and takes the note away once it is good again. From then
 * on the store counts it as damaged: it is not `latest`, and no rotation lets it take a good one's place.
 */
export async function noteVerification({ path, ok, problems }: BackupVerification): Promise<void> {
  const file = join(path, DAMAGE_FILE);
  const [first] = problems;
  try {
    if (ok) await rm(file, { force: true });
    else if (first !== undefined) await writeFileAtomic(file, `${first.file}: ${first.problem}\n`);
  } catch {
    // A medium that cannot be written: the verification is told all the same.
  }
}

/** What a verification found, or undefined. */
export async function readDamageNote(path: string): Promise<string | undefined> {
  const text = await readFile(join(path, DAMAGE_FILE), 'utf8').catch(() => undefined);
  return text?.trim();
}
