import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Which of these programs are missing here; tests that need them skip with their names. */
export async function missingPrograms(...programs: string[]): Promise<string[]> {
  const found = await Promise.all(
    programs.map((program) => execa(program, ['--version'], { reject: false })),
  );
  return programs.filter((_, index) => found[index]?.exitCode !== 0);
}

/** A key pair of age, as a file and its public key; it goes away with the test. */
export async function ageKey(): Promise<{ readonly file: string; readonly recipient: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-age-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'key.txt');
  await execa('age-keygen', ['-o', file]);
  const { stdout } = await execa('age-keygen', ['-y', file]);
  return { file, recipient: stdout.trim() };
}
