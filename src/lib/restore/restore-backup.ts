import { withDatabase as onDatabase } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { publishDatabase, withBesideDatabase, type Publication } from './beside-database.js';
import { checkRestore, type CheckedRestore } from './check-restore.js';
import { checkDataTarget } from './data-target.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { fillDatabase, type Filling } from './fill-database.js';
import { ownPropertyStatements } from './own-properties.js';
import { restoreCsv } from './restore-csv.js';
import { restoreResult } from './restore-result.js';
import { stopwatch } from './stopwatch.js';
import { checkTarget } from './target-database.js';
import type { RestoreResult } from './types.js';

/**
 * Restores a backup into a new or empty database and proves that it is the same. The backup is read through before
 * anything is written. A new database is filled beside its name, which it gets when it is proved; whatever goes wrong,
 * and be it a kill -9, the name does not exist until then.
 * @throws BkDbError BACKUP_CORRUPT, TARGET_NOT_EMPTY, NOT_FOUND (missing roles or extensions; all before any write),
 *   VERIFY_MISMATCH (the database is kept), TOOL_MISSING, TOOL_FAILED, PERMISSION, CONNECTION_FAILED, IO, or the
 *   abort reason.
 */
export async function restoreBackup(deps: RestoreDeps, options: RestoreOptions): Promise<RestoreResult> {
  if (options.backup.format === 'csv') return restoreCsv(deps, options);
  if (options.emptyTables === true)
    throw new BkDbError('USAGE', '--empty-tables goes with csv backups alone');
  const target = onDatabase(deps.target, options.into);
  const isData = options.selection?.content === 'data';
  const lap = stopwatch();
  const { exists } = isData ? { exists: true } : await checkTarget(target);
  const checked = await checkRestore(deps, options, { creates: !exists });
  if (isData) await checkDataTarget(target, checked.plan.source);
  const facts = { checkMs: lap(), created: !exists };
  if (options.dryRun) return restoreResult(options, facts);
  const filling = exists
    ? await fillDatabase(deps, options, { ...checked, target })
    : await restoreBeside(deps, options, checked, (beside) =>
        publishDatabase(beside, publicationOf(options, checked)),
      );
  return restoreResult(options, { ...facts, filling });
}

function publicationOf(
  { into: database, ownership: { noPrivileges } }: RestoreOptions,
  { plan }: CheckedRestore,
): Publication {
  return {
    database,
    statements: ownPropertyStatements(plan.ofDatabase, { database, noPrivileges }),
  };
}

/** Fills and proves a database beside the one that is meant, and hands it over to be given its place, which may warn. */
export async function restoreBeside(
  deps: RestoreDeps,
  options: RestoreOptions,
  checked: CheckedRestore,
  place: (beside: RestoreDeps['target']) => Promise<readonly string[]>,
): Promise<Filling> {
  const { target, signal, onWarning } = deps;
  const { backup: like, into: database, ownership } = options;
  const beside = { target, database, like, noOwner: ownership.noOwner, now: deps.now(), signal, onWarning };
  return withBesideDatabase(beside, async (made) => {
    const filling = await fillDatabase(deps, options, { ...checked, target: made });
    const warnings = await place(made);
    for (const warning of warnings) onWarning(warning);
    return { ...filling, warnings: [...filling.warnings, ...warnings] };
  });
}
