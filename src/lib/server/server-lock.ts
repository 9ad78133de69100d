import { withLockFile } from '../core/lock-file.js';
import type { ServerLayout } from './layout.js';
import type { ServerDeps } from './types.js';

const DEFAULT_WAIT_MS = 60_000;

export interface ServerLockOptions {
  readonly layout: ServerLayout;
  /** How long to wait in ms; default one minute. */
  readonly waitMs?: number | undefined;
}

/**
 * Does the work while no other bk-db starts, stops or removes this server.
 * @throws BkDbError LOCK_HELD
 */
export async function withServerLock<T>(
  deps: ServerDeps,
  { layout, waitMs }: ServerLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const options = {
    object: `the embedded server in ${layout.directory}`,
    waitMs: waitMs ?? DEFAULT_WAIT_MS,
    signal: deps.signal,
  };
  return withLockFile(deps.runTool, layout.lockFile, options, work);
}
