import type { Backup } from '../backup/index.js';
import { withDatabase as onDatabase } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { besideName } from './database-names.js';
import type { ReplaceDatabaseDeps } from './replace-database.js';
import { restoreBackup } from './restore-backup.js';
import { dropTarget } from './target-database.js';
import type { RestoreResult } from './types.js';

/**
 * Restores a backup into a scratch database of the server, proves it, and drops the database whatever came of it.
 * Owners and rights are left out, so that the server need not have the roles; a plain backup cannot be without them.
 * @throws as {@link restoreBackup}.
 */
export async function rehearseRestore(
  deps: ReplaceDatabaseDeps,
  { backup, jobs }: { readonly backup: Backup; readonly jobs: number },
): Promise<RestoreResult> {
  const into = besideName(backup.database, 'rehearsal', deps.now());
  const without = backup.format !== 'plain';
  const ownership = { noOwner: without, noPrivileges: without };
  try {
    return await restoreBackup(deps, { backup, into, jobs, verify: true, dryRun: false, ownership });
  } catch (error) {
    throw isMismatch(error) ? withoutDatabase(error) : error;
  } finally {
    await dropTarget(onDatabase(deps.target, into));
  }
}

function isMismatch(error: unknown): error is BkDbError {
  return error instanceof BkDbError && error.code === 'VERIFY_MISMATCH';
}

/** The error of a restore speaks of a database that is kept. */
function withoutDatabase(error: BkDbError): BkDbError {
  return new BkDbError('VERIFY_MISMATCH', error.message, {
    hint: 'The scratch database was dropped; `bk-db restore ID --into NAME` gives you one to look at.',
    details: error.details,
    cause: error,
  });
}
