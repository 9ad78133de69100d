import { serverUri } from './credentials.js';
import { requireServer } from './require-server.js';
import { serverStatus } from './status.js';
import type { ServerDeps, ServerUrl } from './types.js';

/**
 * The server as a libpq URI that names the password file, so that it holds no secret.
 * @throws BkDbError NOT_FOUND when the server was never created.
 */
export async function serverUrl(deps: ServerDeps): Promise<ServerUrl> {
  const layout = await requireServer(deps);
  const { state } = await serverStatus(deps);
  return { url: serverUri(layout), state };
}
