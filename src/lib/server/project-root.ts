import { access, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const ROOT_MARKS = ['bk-db.config.json', 'package.json', '.git'];

/** The project a directory belongs to: its nearest ancestor with a config file, package.json or .git, else itself. */
export async function findProjectRoot(cwd: string): Promise<string> {
  const start = await realpath(cwd);
  for (let directory = start; ; directory = dirname(directory)) {
    if (await isRoot(directory)) return directory;
    if (dirname(directory) === directory) return start;
  }
}

async function isRoot(directory: string): Promise<boolean> {
  const found = await Promise.all(
    ROOT_MARKS.map((mark) =>
      access(join(directory, mark)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
