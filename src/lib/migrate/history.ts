import { BkDbError } from '../core/errors.js';
import type { MigrationFolder } from './folder.js';
import type { LedgerRow } from './ledger.js';
import { migrationLabel } from './migration.js';
import { findProblems, planMigrations, type PlanEntry } from './plan.js';
import { isMeantBy, isVersion } from './version.js';

const REASONS: Readonly<Record<string, string>> = {
  edited: 'was changed after it was applied',
  missing: 'was applied, but its file is gone',
  'out-of-order': 'comes before one that is already applied',
};

const REVERTING = 'was being reverted and stopped halfway';

const HINTS: Readonly<Record<string, string>> = {
  edited:
    'Restore the file and put the change into a new migration; `bk-db migrate repair` accepts it as it is.',
  missing: 'Restore the file; `bk-db migrate repair` forgets it.',
  'out-of-order': 'Give it a later version, or apply it with --allow-out-of-order.',
  unfinished: 'Finish it with `bk-db migrate down`.',
};

function reasonOf({ state, row }: PlanEntry): string {
  return row?.state === 'reverting' ? REVERTING : (REASONS[state] ?? state);
}

/**
 * The plan, when files and ledger agree.
 * @throws BkDbError MIGRATION_DRIFT naming every migration that does not agree; nothing was run.
 */
export function planOrRefuse(
  folder: MigrationFolder,
  ledger: readonly LedgerRow[],
  isAllowed: (entry: PlanEntry) => boolean = () => false,
): readonly PlanEntry[] {
  const plan = planMigrations(folder.migrations, ledger);
  const problems = findProblems(plan).filter((entry) => !isAllowed(entry));
  const [first] = problems;
  if (first === undefined) return plan;
  const lines = problems.map((entry) => `${migrationLabel(entry)} ${reasonOf(entry)}`);
  const others = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new BkDbError('MIGRATION_DRIFT', `migration ${lines[0] ?? ''}${others}`, {
    hint: HINTS[first.state],
    details: {
      problems: problems.map(({ version, name, state }) => ({ version, name, state })),
      ...(problems.length > 1 ? { report: lines.map((line) => `  ${line}`).join('\n') } : {}),
    },
  });
}

/**
 * Checks that a version given with --to is one that folder or ledger knows; `0` means before all.
 * @throws BkDbError NOT_FOUND.
 */
export function requireVersion(plan: readonly PlanEntry[], to: string | undefined, zero = false): void {
  if (to === undefined || (zero && /^0+$/.test(to))) return;
  const known = plan.some(({ kind, version }) => kind === 'versioned' && isMeantBy(version, to));
  if (isVersion(to) && known) return;
  throw new BkDbError('NOT_FOUND', `there is no migration ${to}`, {
    hint: '`bk-db migrate status` lists the versions.',
  });
}
