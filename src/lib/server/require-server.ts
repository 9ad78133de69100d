import { BkDbError } from '../core/errors.js';
import { dataVersion } from './marker.js';
import { locateServer, type ServerLayout } from './layout.js';
import type { ServerDeps } from './types.js';

/**
 * Where the project's server is.
 * @throws BkDbError NOT_FOUND when it was never created.
 */
export async function requireServer(deps: ServerDeps): Promise<ServerLayout> {
  const layout = await locateServer(deps);
  if ((await dataVersion(layout)) !== undefined) return layout;
  throw new BkDbError('NOT_FOUND', `${layout.projectRoot} has no embedded server`, {
    hint: '`bk-db init` or `bk-db server start` creates one.',
    details: { projectRoot: layout.projectRoot, directory: layout.directory },
  });
}
