import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BkDbError } from '../core/errors.js';
import { PRIVATE_DIRECTORY } from '../core/files.js';
import { accountOf, chooseAccount, currentUid, type ServerAccount } from './account.js';
import { removeStaging } from './data-directory.js';
import { dataVersion } from './marker.js';
import { REMOVED_PREFIX, STAGING_PREFIX, type ServerLayout } from './layout.js';
import { makeParents, PASS_GROUP, removeOwnDirectory } from './owned-files.js';
import type { ServerDeps } from './types.js';

/** Names that are bk-db's own in a folder without a server. */
const OWN_NAMES = ['lock', 'pgpass', 'run', 'log'];

/**
 * Makes the server's folder ready for a new or an existing server, and tells which account runs it.
 * A folder that holds anything else is refused: BK_DB_HOME may be a slip of the hand.
 */
export async function prepareDirectory(deps: ServerDeps, layout: ServerLayout): Promise<ServerAccount> {
  if ((await dataVersion(layout)) !== undefined) return accountOf(layout.dataDirectory);
  assertPlainPath(layout.directory);
  const account = await chooseAccount(deps.runTool);
  await makeParents(layout.directory, account);
  await mkdir(layout.directory, { mode: PRIVATE_DIRECTORY }).catch(() => undefined);
  await assertUsable(layout);
  // root keeps the folder and lends what lies in it, so that the account cannot exchange the directories under root.
  if (account !== undefined) await chown(layout.directory, 0, account.gid);
  await chmod(layout.directory, account === undefined ? PRIVATE_DIRECTORY : PASS_GROUP);
  await assertReachable(deps, layout, account);
  return account;
}

/** Removes what a killed start or destroy left. Only under the lock. */
export async function sweep(deps: ServerDeps, layout: ServerLayout): Promise<void> {
  for (const name of await readdir(layout.directory)) {
    const path = join(layout.directory, name);
    if (name.startsWith(STAGING_PREFIX)) await removeStaging(deps.runTool, path);
    if (name.startsWith(REMOVED_PREFIX)) await removeOwnDirectory(deps.runTool, path, await accountOf(path));
  }
}

/** pg_ctl puts the path between double quotes and gives it to a shell. */
function assertPlainPath(path: string): void {
  if (!/["$`\\\n]/.test(path)) return;
  throw new BkDbError('CONFIG_INVALID', `${path} cannot hold a server: pg_ctl gives its path to a shell`, {
    hint: 'Set BK_DB_HOME to a path without double quotes, dollar signs, backquotes and backslashes.',
  });
}

async function assertUsable(layout: ServerLayout): Promise<void> {
  const { uid } = await stat(layout.directory);
  if (uid !== currentUid()) {
    throw new BkDbError('PERMISSION', `${layout.directory} belongs to another user (number ${uid})`, {
      hint: 'Set BK_DB_HOME to a directory of your own.',
    });
  }
  const foreign = (await readdir(layout.directory)).filter(
    (name) =>
      !OWN_NAMES.includes(name) && !name.startsWith(STAGING_PREFIX) && !name.startsWith(REMOVED_PREFIX),
  );
  // Another start may have published its data since.
  if (foreign.length === 0 || (await dataVersion(layout)) !== undefined) return;
  throw new BkDbError(
    'CONFIG_INVALID',
    `${layout.directory} is not empty and holds no embedded server of bk-db`,
    {
      hint: 'Set BK_DB_HOME to a directory that is empty or does not exist yet.',
      details: { found: foreign.slice(0, 10) },
    },
  );
}

async function assertReachable(
  deps: ServerDeps,
  layout: ServerLayout,
  account: ServerAccount,
): Promise<void> {
  if (account === undefined) return;
  const tool = { command: 'test', args: ['-x', layout.directory], cwd: '/', identity: account };
  if ((await deps.runTool(tool, { accept: [0, 1] })).exitCode === 0) return;
  throw new BkDbError(
    'IO',
    `the account that root runs the embedded server as (number ${account.uid}) cannot enter ${layout.directory}`,
    {
      hint: 'Set BK_DB_HOME to a directory whose parents it can enter, such as /var/lib/bk-db/servers/mine.',
    },
  );
}
