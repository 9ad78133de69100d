import type { Database } from '../core/database.js';
import { applySteps, applyTogether, prepareSteps } from './apply.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { readFolder, type MigrationFolder } from './folder.js';
import { planOrRefuse, requireVersion } from './history.js';
import { createLedger, readLedger, type LedgerRow } from './ledger.js';
import type { Migration } from './migration.js';
import { findPending } from './plan.js';
import { withMigrationLock, withMigrationSession } from './session.js';
import { waitForServer } from './wait-for-server.js';
import type { MigrateResult } from './types.js';
import { currentVersionOf } from './status.js';

export interface MigrateOptions extends RunLimits {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
  /** The last version to apply; default all. */
  readonly to?: string | undefined;
  /** How many to apply at most. */
  readonly step?: number | undefined;
  /** Only says what would be applied. */
  readonly dryRun?: boolean | undefined;
  /** Applies all of them or none, in one transaction. */
  readonly singleTransaction?: boolean | undefined;
  /** Applies migrations that come before one already applied. */
  readonly allowOutOfOrder?: boolean | undefined;
}

/**
 * Applies what is pending, one run at a time in a database. A second run waits and finds nothing left to do.
 * @throws BkDbError MIGRATION_DRIFT, MIGRATION_FAILED, LOCK_HELD, NOT_FOUND (folder, version), CONFIG_INVALID (folder).
 */
export async function migrate(deps: MigrateDeps, options: MigrateOptions): Promise<MigrateResult> {
  const folder = await readFolder(options.migrationsDir);
  for (const warning of folder.warnings) deps.onNotice?.(warning);
  await waitForServer(deps, options.waitMs ?? 0);
  return withMigrationSession(deps, async (database) => {
    const ledger = (await readLedger(database.sql)) ?? [];
    const pending = pendingOf(folder, ledger, options);
    const fromVersion = currentVersionOf(ledger);
    const nothing = {
      migrationsDir: folder.dir,
      fromVersion,
      toVersion: fromVersion,
      applied: [],
      planned: [],
    };
    if (pending.length === 0) return { ...nothing, dryRun: options.dryRun ?? false };
    const steps = prepareSteps(folder, pending, 'up');
    if (options.dryRun === true) {
      const planned = steps.map(({ migration: { version, name }, script }) => ({
        version,
        name,
        file: script.path,
        transactional: script.transactional,
        sql: script.statements.map((statement) => statement.text).join('\n'),
      }));
      return { ...nothing, planned, dryRun: true };
    }
    const done = await withMigrationLock(deps, options, () =>
      applyPending(deps, { database, folder, options }),
    );
    return { ...nothing, ...done, dryRun: false };
  });
}

function pendingOf(
  folder: MigrationFolder,
  ledger: readonly LedgerRow[],
  options: MigrateOptions,
): readonly Migration[] {
  const plan = planOrRefuse(
    folder,
    ledger,
    ({ state }) => state === 'out-of-order' && options.allowOutOfOrder === true,
  );
  requireVersion(plan, options.to);
  return findPending(plan, options);
}

interface ApplyPending {
  readonly database: Database;
  readonly folder: MigrationFolder;
  readonly options: MigrateOptions;
}

/** Under the lock everything is read again: the run that held it may have done the work. */
async function applyPending(deps: MigrateDeps, { database, folder, options }: ApplyPending) {
  const ledger = await readLedger(database.sql);
  if (ledger === undefined) await createLedger(database.sql);
  const steps = prepareSteps(folder, pendingOf(folder, ledger ?? [], options), 'up');
  const apply = options.singleTransaction === true ? applyTogether : applySteps;
  const applied = await apply(deps, { database, limits: options, steps });
  const fromVersion = currentVersionOf(ledger ?? []);
  const versions = applied.map(({ version }) => version).filter((version) => !version.startsWith('R__'));
  return { applied, fromVersion, toVersion: versions.at(-1) ?? fromVersion };
}
