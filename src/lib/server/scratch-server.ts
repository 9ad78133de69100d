import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionTarget } from '../core/connection.js';
import type { OnProgress } from '../core/progress.js';
import { withTemporaryDirectory } from '../core/temporary-directory.js';
import { destroyServer } from './destroy.js';
import { startServer } from './start.js';
import type { ServerDeps } from './types.js';
import { useEmbeddedServer } from './use.js';

/** What is lost with a crash is thrown away in any case. */
const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
/** The account that root lends to the server has to pass through. */
const PASSABLE = 0o711;

/** Runs the work with a server of its own, made in a temporary directory and destroyed whatever comes of it. */
export async function withScratchServer<T>(
  deps: Omit<ServerDeps, 'home'> & { readonly onProgress: OnProgress },
  work: (target: ConnectionTarget) => Promise<T>,
): Promise<T> {
  return withTemporaryDirectory('scratch', async (directory) => {
    await chmod(directory, PASSABLE);
    const own = { ...deps, home: join(directory, 'home'), cwd: directory };
    try {
      await startServer(own, { settings: FAST_SETTINGS, onProgress: deps.onProgress });
      return await work({ ...(await useEmbeddedServer(own)), database: 'postgres' });
    } finally {
      // After an interruption, too; where it never came to be there is nothing to destroy.
      await destroyServer({ ...own, signal: new AbortController().signal }).catch(() => undefined);
    }
  });
}
