import { rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { accountOf, type ServerAccount } from './account.js';
import { assertOwnData } from './marker.js';
import { REMOVED_PREFIX, type ServerLayout } from './layout.js';
import { removeOwnDirectory } from './owned-files.js';
import { requireServer } from './require-server.js';
import { withServerLock } from './server-lock.js';
import { shutDown } from './stop.js';
import type { ServerDeps, ServerDestroy } from './types.js';

/**
 * Stops the project's server and removes it with all its databases, for good. What bk-db did not make stays.
 * @throws BkDbError NOT_FOUND when it was never created, CONFIG_INVALID when the data is another cluster's.
 */
export async function destroyServer(deps: ServerDeps): Promise<ServerDestroy> {
  const layout = await requireServer(deps);
  const account = await accountOf(layout.dataDirectory);
  const wasRunning = await withServerLock(deps, { layout }, async () => {
    await assertOwnData(layout);
    const stopped = await shutDown(deps, layout);
    await removeFiles(deps, layout, account);
    return stopped;
  });
  return { projectRoot: layout.projectRoot, directory: layout.directory, wasRunning };
}

/** The data goes away at once by a rename; a kill from then on leaves only litter, which the next start sweeps. */
async function removeFiles(deps: ServerDeps, layout: ServerLayout, account: ServerAccount): Promise<void> {
  const removed = join(layout.directory, `${REMOVED_PREFIX}${process.pid}`);
  await rename(layout.dataDirectory, removed);
  await rm(layout.passfile, { force: true });
  for (const directory of [removed, layout.socketDirectory, layout.logDirectory]) {
    await removeOwnDirectory(deps.runTool, directory, account);
  }
  await rm(layout.lockFile, { force: true });
  await rmdir(layout.directory).catch(() => undefined);
}
