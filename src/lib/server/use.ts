import type { ConnectionTarget } from '../core/connection.js';
import { serverTarget } from './credentials.js';
import { dataVersion } from './marker.js';
import { locateServer } from './layout.js';
import { neverCreated, startServer } from './start.js';
import type { ServerDeps } from './types.js';

/**
 * The project's server for a command that was told of no other: started when it is stopped, never created.
 * @throws BkDbError CONFIG_INVALID when the project has none, and what {@link startServer} throws.
 */
export async function useEmbeddedServer(deps: ServerDeps): Promise<ConnectionTarget> {
  const layout = await locateServer(deps);
  if ((await dataVersion(layout)) === undefined) throw neverCreated(layout);
  await startServer(deps, { create: false });
  return serverTarget(layout);
}
