import { serverUri } from './credentials.js';
import { requireServer } from './require-server.js';
import { serverStatus } from './status.js';
import type { ServerDeps, ServerUrl } from './types.js';

/**
 * A database of the server (default: the project's) as a libpq URI that names the password file, so that it holds no
 * secret. Whether that database exists is not looked at.
 * @throws BkDbError NOT_FOUND when the server was never created.
 */
export async function serverUrl(deps: ServerDeps, database?: string): Promise<ServerUrl> {
  const layout = await requireServer(deps);
  const { state } = await serverStatus(deps);
  return { url: serverUri(layout, database), state };
}
