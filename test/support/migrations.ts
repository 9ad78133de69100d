import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of migrations of a test's own. */
export interface TestMigrations {
  readonly dir: string;
  /** Writes or replaces files; undefined removes one. */
  write(files: Readonly<Record<string, string | undefined>>): Promise<void>;
  remove(): Promise<void>;
}

export async function createMigrations(
  files: Readonly<Record<string, string | undefined>> = {},
): Promise<TestMigrations> {
  const dir = await mkdtemp(join(tmpdir(), 'bk-db-migrations-'));
  const write = async (changes: Readonly<Record<string, string | undefined>>) => {
    for (const [file, text] of Object.entries(changes)) {
      if (text === undefined) await rm(join(dir, file));
      else await writeFile(join(dir, file), text);
    }
  };
  await write(files);
  return { dir, write, remove: () => rm(dir, { recursive: true, force: true }) };
}
