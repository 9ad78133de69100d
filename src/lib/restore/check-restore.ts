import { readToc, refuseCorrupt, verifyBackup, type RestoreSource } from '../backup/index.js';
import { withDatabase as onDatabase } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { findInstallations, findToolFor, type PgToolsDeps } from '../core/pg-tools.js';
import { canRestrict } from './filter-script.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { checkNeeds } from './preflight.js';
import { refuseOwnership } from './restore-tool.js';
import { onMaintenance } from './target-database.js';

/** pg_restore or psql. */
export interface RestoreProgram {
  readonly path: string;
  readonly version: string;
}

/**
 * Reads the backup through and sees that the server has what it needs, before anything is written.
 * @returns the program that restores it.
 * @throws BkDbError BACKUP_CORRUPT, NOT_FOUND (missing roles or extensions), TOOL_MISSING, CONNECTION_FAILED, IO.
 */
export async function checkRestore(deps: RestoreDeps, options: RestoreOptions): Promise<RestoreProgram> {
  const { backup, jobs, ownership } = options;
  const { format } = backup;
  if (format === 'plain') refuseOwnership(ownership);
  const tool = await (format === 'plain' ? findPsql(deps.pgTools) : findPgRestore(deps.pgTools, backup));
  const access = { ...deps, openTool: deps.pgTools.openTool };
  // What another tool wrote was read through when it was opened, and has no manifest.
  if (backup.foreign === undefined)
    refuseCorrupt([await verifyBackup(access, { path: backup.path, concurrency: jobs })]);
  const toc = await readToc(access, backup);
  if (toc !== undefined) {
    const target = onDatabase(deps.target, options.into);
    await onMaintenance(target, (sql) => checkNeeds(sql, toc, ownership));
  }
  deps.signal.throwIfAborted();
  return tool;
}

/** pg_restore reads what pg_dump of its own or an older version wrote. */
async function findPgRestore(pgTools: PgToolsDeps, { toolVersions }: RestoreSource): Promise<RestoreProgram> {
  const major = Number.parseInt(toolVersions.pgDump, 10);
  return findToolFor(pgTools, 'pg_restore', Number.isNaN(major) ? 0 : major);
}

/** The newest psql, which must be able to ignore commands that a script holds for it. */
async function findPsql(pgTools: PgToolsDeps): Promise<RestoreProgram> {
  const [newest] = await findInstallations(pgTools, 'psql');
  const psql = await findToolFor(pgTools, 'psql', newest?.major ?? 0);
  if (canRestrict(psql.version)) return psql;
  throw new BkDbError(
    'TOOL_MISSING',
    `psql ${psql.version} cannot be kept from running programs that a script names`,
    {
      hint: 'Install a minor release of August 2025 or later (13.22, 14.19, 15.14, 16.10, 17.6), or set BK_DB_PG_BIN.',
      details: { found: psql.directory, version: psql.version },
    },
  );
}
