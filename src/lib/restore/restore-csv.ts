import { join } from 'node:path';
import { dataPathOf, refuseCorrupt, verifyBackup, type RestoreSource } from '../backup/index.js';
import { withDatabase as onDatabase } from '../core/connection.js';
import { withDatabase } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { importExport } from '../csv/index.js';
import { requireTables } from './data-target.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { countInventory } from './compare-inventory.js';
import { readInvariants } from './read-invariants.js';
import { restoreResult } from './restore-result.js';
import { stopwatch } from './stopwatch.js';
import type { RestoreResult } from './types.js';

/**
 * Loads a backup of CSV files into the tables of a database that has the schema: those that others refer to first, all in
 * one transaction, each compared with the backup before it is committed. A table may have rows already when all of them are
 * in the backup too, as those that migrations make.
 * @throws BkDbError BACKUP_CORRUPT, NOT_FOUND (database, tables), TARGET_NOT_EMPTY, DATA_REJECTED, VERIFY_MISMATCH, USAGE;
 *   nothing is loaded then.
 */
export async function restoreCsv(deps: RestoreDeps, options: RestoreOptions): Promise<RestoreResult> {
  refuseWishes(options);
  const { backup } = options;
  const target = onDatabase(deps.target, options.into);
  const { openTool } = deps.pgTools;
  const lap = stopwatch();
  await withDatabase(target, {}, ({ sql }) => requireTables(sql, target.database, backup));
  // What csv export wrote was read through when it was opened.
  if (backup.foreign === undefined)
    refuseCorrupt([
      await verifyBackup({ ...deps, openTool }, { path: backup.path, concurrency: options.jobs }),
    ]);
  const facts = { checkMs: lap(), created: false };
  if (options.dryRun) return restoreResult(options, facts);
  const path = join(backup.path, dataPathOf(backup));
  const { signal, onProgress } = deps;
  const loaded = await importExport(
    { target, signal, onProgress },
    { path, replace: options.emptyTables ?? false },
  );
  const restoreMs = lap();
  onProgress({ phase: 'analyzing' });
  const seen = await withDatabase(target, { signal }, async ({ sql }) => {
    await sql`analyze`;
    return { inventory: await countInventory(sql), invariants: await readInvariants(sql) };
  });
  const proof = {
    tables: loaded.tables.length,
    rows: loaded.rows,
    byRowsOnly: [],
    sequences: loaded.sequences,
    largeObjects: 0,
    objects: null,
    ...seen,
    mismatches: [],
  };
  const filling = { restoreMs, analyzeMs: lap(), proofMs: 0, proof, warnings: [] };
  return restoreResult(options, { ...facts, filling });
}

/** What needs more than rows. */
export function refuseSchemaless({ format, id }: RestoreSource, wish: string): void {
  if (format !== 'csv') return;
  throw new BkDbError('USAGE', `${wish} needs the schema, which the csv backup ${id} does not hold`, {
    hint: 'Make the schema (`bk-db migrate`) in a database, and restore into that with --into.',
  });
}

function refuseWishes({ verify, ownership, selection }: RestoreOptions): void {
  const { noOwner, noPrivileges, role } = ownership;
  const isPart = selection !== undefined && selection.tables.length + selection.schemas.length > 0;
  const wish = isPart
    ? '--table and --schema do not go'
    : selection?.content === 'schema'
      ? '--schema-only does not go'
      : noOwner || noPrivileges || role !== undefined
        ? 'owners and privileges do not go'
        : verify
          ? undefined
          : '--no-verify does not go';
  if (wish === undefined) return;
  throw new BkDbError(
    'USAGE',
    `${wish} with a csv backup: its rows go into tables that are there, and are compared`,
    {
      hint: '`bk-db csv import FILE --table T` loads a single file.',
    },
  );
}
