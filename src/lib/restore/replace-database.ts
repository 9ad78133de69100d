import { isWhole } from '../backup/index.js';
import { withDatabase as onDatabase } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { checkRestore } from './check-restore.js';
import { listMarked, type MarkedDatabase } from './database-mark.js';
import { besideName } from './database-names.js';
import { propertyStatements, readDatabaseProperties } from './database-properties.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { restoreBackup, restoreBeside } from './restore-backup.js';
import { refuseSchemaless } from './restore-csv.js';
import { restoreResult } from './restore-result.js';
import { stopwatch } from './stopwatch.js';
import { swapDatabases } from './swap-databases.js';
import { onMaintenance } from './target-database.js';
import type { RestoreResult, UndoResult } from './types.js';

/**
 * Restores beside the live database, proves the result, gives it the live one's owner, rights, settings and comment,
 * and exchanges the two by name. The old database is kept. Until the exchange, which is one transaction, the live
 * database is not touched. A database that does not exist yet is simply restored.
 * @throws as {@link restoreBackup}, BkDbError USAGE for a backup that cannot take the place of a whole database, and
 *   LOCK_HELD when sessions of the live database could not be ended.
 */
export async function replaceDatabase(deps: RestoreDeps, options: RestoreOptions): Promise<RestoreResult> {
  refuseSchemaless(options.backup, '--replace');
  refuseUnprovable(options);
  const live = options.into;
  const target = onDatabase(deps.target, live);
  const properties = await onMaintenance(target, (sql) => readDatabaseProperties(sql, live));
  if (properties === undefined) return restoreBackup(deps, options);
  const lap = stopwatch();
  const checkedRestore = await checkRestore(deps, options, { creates: true, replaces: live });
  const replaced = besideName(live, 'old', deps.now());
  const checked = { checkMs: lap(), created: false, replaced };
  if (options.dryRun) return restoreResult(options, checked);
  const filling = await restoreBeside(deps, options, checkedRestore, async (beside) => {
    deps.onProgress({ phase: 'swapping' });
    deps.signal.throwIfAborted();
    await onMaintenance(target, async (sql) => {
      for (const statement of propertyStatements(beside.database, properties)) await sql.unsafe(statement);
      await swapDatabases(sql, {
        live,
        retired: replaced,
        successor: beside.database,
        comment: properties.comment,
        now: deps.now(),
      });
    });
    return [];
  });
  return restoreResult(options, { ...checked, filling });
}

/** What takes the place of a database must hold all of it, and be proved to. */
function refuseUnprovable({ backup, selection }: RestoreOptions): void {
  const isPart =
    selection !== undefined &&
    (selection.content !== 'all' || selection.tables.length + selection.schemas.length > 0);
  if (isPart) throw new BkDbError('USAGE', '--replace restores all of a backup, not a part of it');
  const problem = !isWhole(backup)
    ? 'holds only a part of its database'
    : backup.fingerprint
      ? undefined
      : 'was taken without fingerprints, so that what it restores cannot be proved';
  if (problem === undefined) return;
  throw new BkDbError('USAGE', `--replace refuses backup ${backup.id}: it ${problem}`, {
    hint: 'Restore it into a database of its own with --into, and take from there what you need.',
    details: { backup: backup.id },
  });
}

/**
 * Exchanges a database with the one whose place it took last; that one is live then, and the other one kept. Done
 * twice, everything is as before.
 * @throws BkDbError NOT_FOUND when none was kept, LOCK_HELD.
 */
export async function undoReplace(
  { target, now }: Pick<RestoreDeps, 'target' | 'now'>,
  live: string,
): Promise<UndoResult> {
  return onMaintenance(onDatabase(target, live), async (sql) => {
    const [database] = await sql<{ oid: number; comment: string | null }[]>`
      select d.oid::int8::float8 as oid, pg_catalog.shobj_description(d.oid, 'pg_database') as comment
        from pg_catalog.pg_database d where d.datname = ${live}`;
    const kept = newestKept(await listMarked(sql), database?.oid);
    if (kept === undefined) throw noneKept(live);
    const retired = besideName(live, 'old', now());
    const { name: successor, comment } = kept;
    await swapDatabases(sql, { live, retired, successor, comment, now: now() });
    return { database: live, from: successor, replaced: retired };
  });
}

/** The database that was retired last in favour of the one with this oid. */
function newestKept(marked: readonly MarkedDatabase[], oid: number | undefined) {
  const kept = marked.flatMap(({ name, mark }) =>
    mark.state === 'replaced' && mark.by === oid ? [{ name, since: mark.since, comment: mark.comment }] : [],
  );
  return kept.sort((a, b) => (a.since < b.since ? 1 : -1))[0];
}

function noneKept(live: string): BkDbError {
  return new BkDbError('NOT_FOUND', `there is no database that ${live} took the place of`, {
    hint: '`restore --replace` keeps one, and notes the pair in its comment (psql: \\l+).',
    details: { database: live },
  });
}
