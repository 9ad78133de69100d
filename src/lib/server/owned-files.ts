import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BkDbError } from '../core/errors.js';
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from '../core/files.js';
import type { RunTool } from '../core/process.js';
import { currentUid, giveTo, type ServerAccount } from './account.js';

const REMOVE_TIMEOUT_MS = 10_000;
const REMOVE_POLL_MS = 100;

/** root's directories above the server's data: the account passes through, and sees nothing. */
const PASS_THROUGH = 0o711;

/** root's directories that hold the server's: only the account's group passes through. */
export const PASS_GROUP = 0o710;

/** Makes the missing parents of a path; the account that root lends can pass through them whatever the umask. */
export async function makeParents(path: string, account: ServerAccount): Promise<void> {
  const parent = dirname(path);
  if ((await lstat(parent).catch(() => undefined)) !== undefined) return;
  await makeParents(parent, account);
  const mode = account === undefined ? PRIVATE_DIRECTORY : PASS_THROUGH;
  try {
    await mkdir(parent, { mode });
    await chmod(parent, mode);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    throw new BkDbError('IO', `cannot make the directory ${parent} for the embedded server`, {
      hint: 'Set BK_DB_HOME to a directory that you may write to.',
      cause: error,
    });
  }
}

/**
 * Makes a private directory of the account.
 * @throws BkDbError PERMISSION when there is already something there that is not the account's own private directory.
 */
export async function makeOwnDirectory(path: string, account: ServerAccount): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE_DIRECTORY });
    await giveTo(account, path);
  } catch (error) {
    ignoreExisting(error);
  }
  const found = await lstat(path);
  const owner = account?.uid ?? currentUid();
  if (!found.isDirectory() || found.uid !== owner || (found.mode & 0o077) !== 0) {
    throw new BkDbError('PERMISSION', `${path} is not a private directory of the server's account`, {
      hint: 'Somebody else made it: look at it, then remove it.',
      details: { path, uid: owner },
    });
  }
}

/** Writes a private file of the account; a symbolic link in its place is refused. */
export async function writeOwnFile(path: string, content: string, account: ServerAccount): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(path, flags, PRIVATE_FILE);
  try {
    await file.writeFile(content);
    if (account !== undefined) await file.chown(account.uid, account.gid);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Adds lines to a file; a symbolic link in its place is refused. */
export async function appendToOwnFile(path: string, content: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Removes a directory of the account, as the account: root must not follow what it may have put there meanwhile.
 * Tries again for a while, because an initdb whose bk-db was killed may still write there until it notices.
 */
export async function removeOwnDirectory(
  runTool: RunTool,
  path: string,
  account: ServerAccount,
): Promise<void> {
  if (account === undefined) {
    await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: REMOVE_POLL_MS / 10 });
    return;
  }
  const args = [path, '-mindepth', '1', '-delete'];
  const deadline = Date.now() + REMOVE_TIMEOUT_MS;
  for (;;) {
    await runTool({ command: 'find', args, cwd: '/', identity: account }, { accept: [0, 1] });
    try {
      await rmdir(path);
      return;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      if (!hasCode(error, 'ENOTEMPTY') || Date.now() > deadline) throw error;
    }
    await sleep(REMOVE_POLL_MS);
  }
}

function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
