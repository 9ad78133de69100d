import { chown, stat } from 'node:fs/promises';
import { BkDbError } from '../core/errors.js';
import type { RunTool, Tool } from '../core/process.js';

/** Another user's identity under which root runs the server; undefined when the server runs as the invoking user. */
export type ServerAccount = NonNullable<Tool['identity']> | undefined;

/** Accounts that root may lend to the server: PostgreSQL refuses to run as root. */
const CANDIDATES = ['postgres', 'nobody'];

/** The invoking user's number. */
export function currentUid(): number {
  return process.getuid?.() ?? -1;
}

/**
 * The account for a new server.
 * @throws BkDbError IO when root has none to lend.
 */
export async function chooseAccount(runTool: RunTool): Promise<ServerAccount> {
  if (currentUid() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const [uid, gid] = await Promise.all([accountId(runTool, '-u', name), accountId(runTool, '-g', name)]);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { uid, gid };
  }
  throw new BkDbError('IO', 'root has no account to run the embedded server as: PostgreSQL refuses root', {
    hint: 'Create an account named postgres, or run bk-db as another user.',
  });
}

async function accountId(runTool: RunTool, flag: string, name: string): Promise<number | undefined> {
  const result = await runTool({ command: 'id', args: [flag, name] }, { accept: [0, 1] });
  return result.exitCode === 0 ? Number(result.stdout) : undefined;
}

/**
 * The account that an existing server's files belong to.
 * @throws BkDbError PERMISSION when they are another user's.
 */
export async function accountOf(directory: string): Promise<ServerAccount> {
  const { uid, gid } = await stat(directory);
  if (uid === currentUid()) return undefined;
  if (currentUid() === 0) return { uid, gid };
  throw new BkDbError('PERMISSION', `${directory} belongs to another user (number ${uid})`, {
    hint: 'Run bk-db as that user, or set BK_DB_HOME to a directory of your own.',
  });
}

/** Hands a file or directory to the account. */
export async function giveTo(account: ServerAccount, path: string): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}
