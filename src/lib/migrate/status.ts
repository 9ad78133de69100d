import type { LedgerDeps } from './deps.js';
import { readFolder } from './folder.js';
import { readLedger, type LedgerRow } from './ledger.js';
import { migrationLabel } from './migration.js';
import { findPending, findProblems, planMigrations, type PlanEntry } from './plan.js';
import { withMigrationSession } from './session.js';
import type { MigrationStatus, MigrationStatusEntry } from './types.js';

/** What is applied, pending or wrong. Changes nothing and takes no lock. */
export async function migrationStatus(
  deps: LedgerDeps,
  { migrationsDir }: { readonly migrationsDir: string },
): Promise<MigrationStatus> {
  const folder = await readFolder(migrationsDir);
  for (const warning of folder.warnings) deps.onNotice?.(warning);
  const ledger = await withMigrationSession(deps, async ({ sql }) => (await readLedger(sql)) ?? []);
  const plan = planMigrations(folder.migrations, ledger);
  const pending = findPending(plan, {}).length;
  const problems = findProblems(plan).length;
  return {
    migrationsDir: folder.dir,
    layout: folder.layout,
    currentVersion: currentVersionOf(ledger),
    upToDate: pending === 0 && problems === 0,
    pending,
    problems,
    migrations: plan.map(statusEntry),
  };
}

/** The version applied last. */
export function currentVersionOf(ledger: readonly LedgerRow[]): string | null {
  const applied = ledger.filter(({ kind, state }) => kind !== 'repeatable' && state === 'applied');
  return applied.at(-1)?.version ?? null;
}

function statusEntry({ version, name, kind, state, migration, row }: PlanEntry): MigrationStatusEntry {
  return {
    version,
    name,
    label: migrationLabel({ version, name }),
    kind,
    state,
    file: migration?.up.file ?? null,
    appliedAt: row?.appliedAt ?? null,
    durationMs: row?.durationMs ?? null,
    appliedBy: row?.appliedBy ?? null,
  };
}
