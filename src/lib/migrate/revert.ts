import type { Database } from '../core/database.js';
import { applySteps, prepareSteps } from './apply.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { readFolder, type MigrationFolder } from './folder.js';
import { planOrRefuse, requireVersion } from './history.js';
import { readLedger } from './ledger.js';
import { migrationLabel } from './migration.js';
import { findReverts, type PlanEntry } from './plan.js';
import { withMigrationLock, withMigrationSession } from './session.js';
import { currentVersionOf } from './status.js';
import type { RevertResult } from './types.js';

export interface RevertOptions extends RunLimits {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
  /** Everything after this version is reverted; `0` reverts all. */
  readonly to?: string | undefined;
  /** How many to revert at most; default 1 without `to`. */
  readonly step?: number | undefined;
  /** Applies them again afterwards. */
  readonly redo?: boolean | undefined;
}

/**
 * Reverts the migrations applied last, in the opposite order of their application.
 * @throws BkDbError NOT_FOUND (one of them has no down part; nothing was run), MIGRATION_FAILED, MIGRATION_DRIFT, LOCK_HELD.
 */
export async function revertMigrations(deps: MigrateDeps, options: RevertOptions): Promise<RevertResult> {
  const folder = await readFolder(options.migrationsDir);
  return withMigrationSession(deps, async (database) =>
    withMigrationLock(deps, options, () => revert(deps, { database, folder, options })),
  );
}

/** The labels of what {@link revertMigrations} would revert with the same options, the last applied first. Takes no lock. */
export async function planRevert(deps: MigrateDeps, options: RevertOptions): Promise<readonly string[]> {
  const folder = await readFolder(options.migrationsDir);
  return withMigrationSession(deps, async ({ sql }) => {
    const plan = planOrRefuse(folder, (await readLedger(sql)) ?? [], canBeReverted);
    return selectReverts(plan, options).map(migrationLabel);
  });
}

interface Reverting {
  readonly database: Database;
  readonly folder: MigrationFolder;
  readonly options: RevertOptions;
}

async function revert(deps: MigrateDeps, { database, folder, options }: Reverting): Promise<RevertResult> {
  const ledger = (await readLedger(database.sql)) ?? [];
  const plan = planOrRefuse(folder, ledger, canBeReverted);
  const migrations = selectReverts(plan, options).flatMap(({ migration }) => migration ?? []);
  const downs = prepareSteps(folder, migrations, 'down');
  const ups = options.redo === true ? prepareSteps(folder, migrations.toReversed(), 'up') : [];
  const reverted = await applySteps(deps, { database, limits: options, steps: downs });
  const applied = await applySteps(deps, { database, limits: options, steps: ups });
  return {
    migrationsDir: folder.dir,
    fromVersion: currentVersionOf(ledger),
    toVersion: currentVersionOf((await readLedger(database.sql)) ?? []),
    reverted,
    applied,
  };
}

/** Only a missing file stops the way back: what was edited, late or left halfway can be reverted. */
function canBeReverted({ state }: PlanEntry): boolean {
  return state !== 'missing';
}

function selectReverts(plan: readonly PlanEntry[], options: RevertOptions): readonly PlanEntry[] {
  requireVersion(plan, options.to, true);
  return findReverts(plan, options);
}
