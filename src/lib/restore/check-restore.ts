import { readToc, refuseCorrupt, verifyBackup } from '../backup/index.js';
import { withDatabase as onDatabase } from '../core/connection.js';
import { findToolFor } from '../core/pg-tools.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { checkNeeds } from './preflight.js';
import { refuseOwnership } from './restore-tool.js';
import { onMaintenance } from './target-database.js';

/**
 * Reads the backup through and sees that the server has what it needs, before anything is written.
 * @returns the full path of the program that restores it.
 * @throws BkDbError BACKUP_CORRUPT, NOT_FOUND (missing roles or extensions), TOOL_MISSING, CONNECTION_FAILED, IO.
 */
export async function checkRestore(deps: RestoreDeps, options: RestoreOptions): Promise<string> {
  const { backup, jobs, ownership } = options;
  const { format, toolVersions } = backup;
  if (format === 'plain') refuseOwnership(ownership);
  const program = format === 'plain' ? 'psql' : 'pg_restore';
  const { path } = await findToolFor(deps.pgTools, program, Number.parseInt(toolVersions.pgDump, 10));
  const access = { ...deps, openTool: deps.pgTools.openTool };
  refuseCorrupt([await verifyBackup(access, { path: backup.path, concurrency: jobs })]);
  const toc = await readToc(access, backup);
  if (toc !== undefined) {
    const target = onDatabase(deps.target, options.into);
    await onMaintenance(target, (sql) => checkNeeds(sql, toc, ownership));
  }
  deps.signal.throwIfAborted();
  return path;
}
