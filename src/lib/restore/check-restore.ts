import { readToc, refuseCorrupt, verifyBackup, type RestoreSource } from '../backup/index.js';
import { withDatabase as onDatabase } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { findInstallations, findToolFor, type PgToolsDeps } from '../core/pg-tools.js';
import { canRestrict } from './filter-script.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { planRestore, type RestorePlan } from './plan-restore.js';
import { checkNeeds, newerSourceWarning, otherLocaleWarning, type Needs } from './preflight.js';
import type { RestoreSelection } from './select-entries.js';
import { refuseOwnership } from './restore-tool.js';
import { onMaintenance } from './target-database.js';

/** pg_restore or psql. */
export interface RestoreProgram {
  readonly path: string;
  readonly version: string;
}

/** What will be restored, and by which program. */
export interface CheckedRestore {
  readonly plan: RestorePlan;
  readonly program: RestoreProgram;
}

/** Everything of an archive. */
const EVERYTHING: RestoreSelection = { tables: [], schemas: [], content: 'all' };

/**
 * Reads the backup through, plans what is restored of it, and sees that the server has what that needs, before anything is
 * written.
 * @throws BkDbError BACKUP_CORRUPT, USAGE, NOT_FOUND (missing roles or extensions, patterns that match nothing),
 *   PERMISSION, TOOL_MISSING, CONNECTION_FAILED, IO.
 */
export async function checkRestore(
  deps: RestoreDeps,
  options: RestoreOptions,
  { creates, replaces }: Pick<Needs, 'creates' | 'replaces'>,
): Promise<CheckedRestore> {
  const { backup, jobs, ownership } = options;
  const { format } = backup;
  if (format === 'plain') refuseOwnership(ownership);
  const program = await (format === 'plain' ? findPsql(deps.pgTools) : findPgRestore(deps.pgTools, backup));
  const access = { ...deps, openTool: deps.pgTools.openTool };
  // What another tool wrote was read through when it was opened, and has no manifest.
  if (backup.foreign === undefined)
    refuseCorrupt([await verifyBackup(access, { path: backup.path, concurrency: jobs })]);
  const toc = await readToc(access, backup);
  const plan = planRestore(backup, toc, options.selection ?? EVERYTHING);
  await onMaintenance(onDatabase(deps.target, options.into), async (sql) => {
    const entries = plan.entries ?? toc?.entries ?? [];
    await checkNeeds(sql, { ...ownership, entries, source: plan.source, creates, replaces });
    const warnings = [
      await newerSourceWarning(sql, backup),
      creates ? undefined : await otherLocaleWarning(sql, options.into, backup),
    ];
    for (const warning of warnings) if (warning !== undefined) deps.onWarning(warning);
  });
  for (const warning of plan.warnings) deps.onWarning(warning);
  deps.signal.throwIfAborted();
  return { plan, program };
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
