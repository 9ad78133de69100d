import type { Backup } from '../backup/index.js';
import { BkDbError } from '../core/errors.js';
import { checkRestore } from './check-restore.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { restoreBeside } from './restore-backup.js';
import { refuseSchemaless } from './restore-csv.js';
import { restoreResult } from './restore-result.js';
import { stopwatch } from './stopwatch.js';
import { dropTarget } from './target-database.js';
import type { RestoreResult } from './types.js';

/**
 * Restores a backup into a scratch database of the server, proves it, and drops the database whatever came of it.
 * Owners and rights are left out, so that the server need not have the roles; a plain backup cannot be without them.
 * @throws as `restoreBackup`.
 */
export async function rehearseRestore(
  deps: RestoreDeps,
  { backup, jobs }: { readonly backup: Backup; readonly jobs: number },
): Promise<RestoreResult> {
  refuseSchemaless(backup, 'a restore into a scratch database');
  const without = backup.format !== 'plain';
  const ownership = { noOwner: without, noPrivileges: without };
  const options: RestoreOptions = {
    backup,
    into: `${backup.database}_rehearsal`,
    jobs,
    verify: true,
    dryRun: false,
    ownership,
  };
  const lap = stopwatch();
  const checkedRestore = await checkRestore(deps, options, { creates: true });
  const checkMs = lap();
  const filling = await restoreBeside(deps, options, checkedRestore, async (beside) => {
    await dropTarget(beside);
    return [];
  }).catch(async (error: unknown) => {
    throw await withoutDatabase(deps, error);
  });
  return restoreResult(options, { checkMs, created: true, filling });
}

/** A restore that does not agree keeps its database and says so; a rehearsal does not. */
async function withoutDatabase({ target }: RestoreDeps, error: unknown): Promise<unknown> {
  if (!(error instanceof BkDbError) || error.code !== 'VERIFY_MISMATCH') return error;
  const database = error.details['database'];
  if (typeof database === 'string') await dropTarget({ ...target, database });
  return new BkDbError('VERIFY_MISMATCH', error.message, {
    hint: 'The scratch database was dropped; `bk-db restore ID --into NAME` gives you one to look at.',
    details: error.details,
    cause: error,
  });
}
