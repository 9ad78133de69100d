import { hostname } from 'node:os';
import type { Sql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { isServerError } from '../core/to-error.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { readFolder, type MigrationFolder } from './folder.js';
import { FOREIGN_LEDGERS, type ForeignRow } from './foreign-ledgers.js';
import { createLedger, readLedger } from './ledger.js';
import { cosmeticChecksumOf } from './script.js';
import { withMigrationLock, withMigrationSession } from './session.js';
import type { AdoptResult, ForeignTool } from './types.js';
import { compareVersions, isVersion } from './version.js';

export interface AdoptOptions extends Pick<RunLimits, 'waitMs'> {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
  readonly from: ForeignTool;
  /** The tool's table, with its schema where it is not in the search path; default the tool's own default. */
  readonly table?: string | undefined;
}

/**
 * Takes over what another tool recorded; its table is left as it is. The files count as they are now.
 * @throws BkDbError NOT_FOUND (no such table), MIGRATION_DRIFT (it applied what has no file), TARGET_NOT_EMPTY.
 */
export async function adoptLedger(deps: MigrateDeps, options: AdoptOptions): Promise<AdoptResult> {
  const folder = await readFolder(options.migrationsDir);
  const table = options.table ?? FOREIGN_LEDGERS[options.from].table;
  return withMigrationSession(deps, ({ sql }) =>
    withMigrationLock(deps, options, async () => {
      const rows = await readForeign(sql, folder, { ...options, table });
      const fileless = rows.find((row) => row.baseline !== true && fileOf(folder, row) === undefined);
      if (fileless !== undefined) throw noFile(folder, options.from, fileless);
      await requireEmptyLedger(sql);
      await insertRows(sql, folder, { rows, toolVersion: deps.toolVersion ?? 'library' });
      return { from: options.from, table, adopted: rows.map(({ version }) => version) };
    }),
  );
}

export interface BaselineOptions extends Pick<RunLimits, 'waitMs'> {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
  /** The database has everything up to this version. */
  readonly version: string;
}

/**
 * Starts the ledger of a database that has everything up to a version already.
 * @throws BkDbError NOT_FOUND (no such version), TARGET_NOT_EMPTY (there is a ledger).
 */
export async function baselineLedger(
  deps: MigrateDeps,
  { migrationsDir, version, waitMs }: BaselineOptions,
): Promise<{ readonly version: string; readonly covered: number }> {
  const folder = await readFolder(migrationsDir);
  const versions = folder.migrations
    .filter(({ kind }) => kind === 'versioned')
    .map((migration) => migration.version);
  const found = versions.find((candidate) => isVersion(version) && compareVersions(candidate, version) === 0);
  if (found === undefined) {
    throw new BkDbError('NOT_FOUND', `there is no migration ${version} in ${folder.dir}`, {
      hint: '`bk-db migrate status` lists the versions.',
    });
  }
  await withMigrationSession(deps, ({ sql }) =>
    withMigrationLock(deps, { waitMs }, async () => {
      await requireEmptyLedger(sql);
      const row = { version: found, appliedAt: null, durationMs: null, appliedBy: null, baseline: true };
      await insertRows(sql, folder, { rows: [row], toolVersion: deps.toolVersion ?? 'library' });
    }),
  );
  return {
    version: found,
    covered: versions.filter((candidate) => compareVersions(candidate, found) <= 0).length,
  };
}

async function readForeign(
  sql: Sql,
  folder: MigrationFolder,
  { from, table }: { readonly from: ForeignTool; readonly table: string },
): Promise<readonly ForeignRow[]> {
  try {
    return await FOREIGN_LEDGERS[from].read(sql, table, folder.migrations);
  } catch (cause) {
    if (!isServerError(cause) || !['42P01', '3F000', '42703'].includes(cause.code)) throw cause;
    throw new BkDbError('NOT_FOUND', `there is no ledger of ${from} in table ${table}`, {
      hint: 'Name its table with --table, as schema.table where it is not in the search path.',
      details: { table },
      cause,
    });
  }
}

function fileOf({ migrations }: MigrationFolder, { version }: ForeignRow) {
  if (version.startsWith('R__')) return migrations.find((migration) => migration.version === version);
  if (!isVersion(version)) return undefined;
  return migrations.find(
    (migration) => migration.kind === 'versioned' && compareVersions(migration.version, version) === 0,
  );
}

async function requireEmptyLedger(sql: Sql): Promise<void> {
  const ledger = await readLedger(sql);
  if (ledger === undefined) await createLedger(sql);
  else if (ledger.length > 0) {
    throw new BkDbError('TARGET_NOT_EMPTY', `the ledger has ${ledger.length} migrations already`, {
      hint: '`bk-db migrate status` shows them; `bk-db migrate repair` mends single ones.',
    });
  }
}

async function insertRows(
  sql: Sql,
  folder: MigrationFolder,
  { rows, toolVersion }: { readonly rows: readonly ForeignRow[]; readonly toolVersion: string },
): Promise<void> {
  const values = rows.map((row) => {
    const file = row.baseline === true ? undefined : fileOf(folder, row);
    return {
      version: row.version,
      name: file?.name ?? 'baseline',
      kind: row.baseline === true ? 'baseline' : (file?.kind ?? 'versioned'),
      checksum: file?.checksum ?? null,
      cosmetic_checksum: file === undefined ? null : cosmeticChecksumOf(file.text),
      applied_at: row.appliedAt ?? new Date(),
      duration_ms: row.durationMs,
      applied_from: hostname(),
      tool_version: toolVersion,
    };
  });
  if (values.length > 0) await sql`insert into bk_migrations.ledger ${sql(values)}`;
}

function noFile(folder: MigrationFolder, from: ForeignTool, { version }: ForeignRow): BkDbError {
  return new BkDbError(
    'MIGRATION_DRIFT',
    `${from} applied migration ${version}, which has no file in ${folder.dir}`,
    {
      hint: 'Restore the file, or name the right folder with --migrations-dir.',
      details: { version },
    },
  );
}
