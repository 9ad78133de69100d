import { constants } from 'node:fs';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BkDbError } from './errors.js';
import { PRIVATE_FILE } from './files.js';
import type { RunTool } from './process.js';

export interface LockFileOptions {
  /** What is locked, for the error message. */
  readonly object: string;
  /** How long to wait in ms; 0 gives up at once. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Darwin's open flag that takes the lock while opening; there is no flock program. */
const DARWIN_O_EXLOCK = 0x20;
const POLL_MS = 50;

/**
 * Runs the work while this process holds an exclusive lock on a file. The kernel drops the lock when the process
 * ends, even by kill -9, so it cannot go stale. The file stays; its content tells who holds it.
 * @throws BkDbError LOCK_HELD naming the holder.
 */
export async function withLockFile<T>(
  runTool: RunTool,
  path: string,
  options: LockFileOptions,
  work: () => Promise<T>,
): Promise<T> {
  const handle = await acquire(runTool, path, options);
  try {
    await handle.truncate(0);
    await handle.write(`${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`, 0);
    return await work();
  } finally {
    await handle.close();
  }
}

async function acquire(runTool: RunTool, path: string, options: LockFileOptions): Promise<FileHandle> {
  const deadline = Date.now() + options.waitMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const handle = await tryLock(runTool, path);
    if (handle !== undefined) {
      if (await isStillAt(handle, path)) return handle;
      await handle.close();
      continue;
    }
    if (Date.now() >= deadline) throw await lockHeld(path, options.object);
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}

async function tryLock(runTool: RunTool, path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDWR | constants.O_CREAT;
  if (process.platform === 'darwin') {
    return open(path, flags | constants.O_NONBLOCK | DARWIN_O_EXLOCK, PRIVATE_FILE).catch(ignoreBusy);
  }
  const handle = await open(path, flags, PRIVATE_FILE);
  try {
    // The short option, because busybox knows no other. The lock belongs to the open file, which the flock program shares with us through descriptor 3.
    const result = await runTool(
      { command: 'flock', args: ['-n', '3'] },
      { descriptors: [handle.fd], accept: [0, 1] },
    );
    if (result.exitCode === 0) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** False when the last holder removed the file (its directory went away): the lock is then on a file nobody else sees. */
async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const [mine, there] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return mine.ino === there?.ino && mine.dev === there.dev;
}

function ignoreBusy(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
  throw error;
}

async function lockHeld(path: string, object: string): Promise<BkDbError> {
  const holder = await readFile(path, 'utf8').catch(() => '');
  const pid = /"pid":(\d+)/.exec(holder)?.[1];
  const since = /"since":"([^"]+)"/.exec(holder)?.[1];
  const who =
    pid === undefined ? 'another bk-db' : `another bk-db (process ${pid}, since ${since ?? 'unknown'})`;
  return new BkDbError('LOCK_HELD', `${object} is locked by ${who}`, {
    hint: 'Wait for it to end; the lock goes with its process.',
    details: { path, pid: pid === undefined ? null : Number(pid), since: since ?? null },
  });
}
