import { withDatabase as onDatabase } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { besideName, besidePrefix } from './database-names.js';
import { propertyStatements, readDatabaseProperties } from './database-properties.js';
import { restoreBackup, type RestoreBackupDeps, type RestoreBackupOptions } from './restore-backup.js';
import { swapDatabases } from './swap-databases.js';
import { dropTarget, onMaintenance } from './target-database.js';
import type { RestoreResult, UndoResult } from './types.js';

export type ReplaceDatabaseDeps = RestoreBackupDeps & { readonly now: () => Date };
export type UndoReplaceDeps = Pick<ReplaceDatabaseDeps, 'target' | 'now'>;

/**
 * Restores beside the live database, proves the result, gives it the live one's owner, rights, settings and comment,
 * and exchanges the two by name. The old database is kept. Until the exchange, which is one transaction, the live
 * database is not touched. A database that does not exist yet is simply restored.
 * @throws as {@link restoreBackup}, and BkDbError LOCK_HELD when sessions of the live database could not be ended.
 */
export async function replaceDatabase(
  deps: ReplaceDatabaseDeps,
  options: RestoreBackupOptions,
): Promise<RestoreResult> {
  const live = options.into;
  const target = onDatabase(deps.target, live);
  const properties = await onMaintenance(target, (sql) => readDatabaseProperties(sql, live));
  if (properties === undefined) return restoreBackup(deps, options);
  const beside = besideName(live, 'restore', deps.now());
  const retired = besideName(live, 'old', deps.now());
  const restored = await restoreBackup(deps, { ...options, into: beside });
  if (options.dryRun) return { ...restored, database: live, replaced: retired };
  try {
    deps.onProgress({ phase: 'swapping' });
    deps.signal.throwIfAborted();
    await onMaintenance(target, async (sql) => {
      for (const statement of propertyStatements(beside, properties)) await sql.unsafe(statement);
      await swapDatabases(sql, { live, retired, successor: beside });
    });
  } catch (error) {
    await dropTarget(onDatabase(deps.target, beside));
    throw error;
  }
  return { ...restored, database: live, created: false, replaced: retired };
}

/**
 * Exchanges a replaced database with the newest old one that was kept; what was live is then the kept one.
 * @throws BkDbError NOT_FOUND when none was kept, LOCK_HELD.
 */
export async function undoReplace(deps: UndoReplaceDeps, live: string): Promise<UndoResult> {
  return onMaintenance(onDatabase(deps.target, live), async (sql) => {
    const prefix = besidePrefix(live, 'old');
    const rows = await sql<{ name: string }[]>`
      select d.datname as name from pg_catalog.pg_database d
       where pg_catalog.starts_with(d.datname::text, ${prefix}) order by 1 desc limit 1`;
    const successor = rows[0]?.name;
    if (successor === undefined) {
      throw new BkDbError('NOT_FOUND', `there is no old database kept for ${live}`, {
        hint: `\`restore --replace\` keeps one as ${prefix}<time>.`,
        details: { database: live, prefix },
      });
    }
    const retired = besideName(live, 'restore', deps.now());
    await swapDatabases(sql, { live, retired, successor });
    return { database: live, from: successor, replaced: retired };
  });
}
