import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Only the owner may read and write. */
export const PRIVATE_FILE = 0o600;
/** Only the owner may enter. */
export const PRIVATE_DIRECTORY = 0o700;

/** Makes a directory and its missing parents, private whatever the umask; an existing one is left as it is. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY });
}

/** Writes a whole file so that a reader, or a crash, sees the old or the new content and nothing between. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = PRIVATE_FILE,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await withHandle(path, constants.O_RDONLY, (handle) => handle.sync());
}

/** Makes a whole tree durable: every file, then every directory from the leaves up. */
export async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await syncTree(child);
    else await withHandle(child, constants.O_RDONLY, (handle) => handle.sync());
  }
  await syncDirectory(path);
}

async function withHandle(
  path: string,
  flags: number,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
