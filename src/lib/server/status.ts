import { dataVersion } from './marker.js';
import { locateServer } from './layout.js';
import { findPostmaster } from './postmaster.js';
import type { ServerDeps, ServerStatus } from './types.js';

/** What there is of the project's server. Changes nothing, and starts nothing. */
export async function serverStatus(deps: ServerDeps): Promise<ServerStatus> {
  const layout = await locateServer(deps);
  const version = await dataVersion(layout);
  const postmaster = version === undefined ? undefined : await findPostmaster(deps.runTool, layout);
  const stopped = version === undefined ? 'absent' : 'stopped';
  const started = postmaster?.ready === true ? 'running' : 'starting';
  return {
    state: postmaster === undefined ? stopped : started,
    projectRoot: layout.projectRoot,
    directory: layout.directory,
    dataDirectory: layout.dataDirectory,
    socketDirectory: layout.socketDirectory,
    logFile: layout.logFile,
    version: version ?? null,
    pid: postmaster?.pid ?? null,
    startedAt: postmaster?.startedAt.toISOString() ?? null,
  };
}
