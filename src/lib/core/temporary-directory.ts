import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'bk-db-';

/**
 * Runs the work with a private directory (TMPDIR) that exists only meanwhile. What a killed bk-db left is removed first:
 * a directory belongs to the process whose number it carries.
 * @param purpose part of its name: letters alone.
 */
export async function withTemporaryDirectory<T>(
  purpose: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const prefix = `${PREFIX}${purpose}-`;
  await sweepStale(prefix);
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function sweepStale(prefix: string): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
