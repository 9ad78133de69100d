import type { LedgerRow } from './ledger.js';
import type { Migration } from './migration.js';
import { orderRepeatables } from './repeatable-order.js';
import { cosmeticChecksumOf } from './script.js';
import type { MigrationState } from './types.js';
import { canonicalVersion, compareVersions, isWithin } from './version.js';

/** A migration with what its file and the ledger say together; one of the two may be missing. */
export interface PlanEntry {
  readonly version: string;
  readonly name: string;
  readonly kind: 'versioned' | 'repeatable';
  readonly state: MigrationState;
  readonly migration: Migration | undefined;
  readonly row: LedgerRow | undefined;
}

/** Every migration of folder and ledger with its state, in the order of versions. Decides nothing else. */
export function planMigrations(
  migrations: readonly Migration[],
  ledger: readonly LedgerRow[],
): readonly PlanEntry[] {
  const rows = new Map(ledger.map((row) => [keyOf(row.version), row]));
  const known = new Set(migrations.map(({ version }) => keyOf(version)));
  const baseline = ledger.find(({ kind }) => kind === 'baseline')?.version;
  const newest = ledger
    .filter(({ kind }) => kind !== 'repeatable')
    .map(({ version }) => version)
    .sort(compareVersions)
    .at(-1);
  const present = migrations.map((migration): PlanEntry => {
    const row = rows.get(keyOf(migration.version));
    const state =
      row === undefined ? stateOfNew(migration, baseline, newest) : stateOfApplied(migration, row);
    return { version: migration.version, name: migration.name, kind: migration.kind, state, migration, row };
  });
  const missing = ledger
    .filter(({ version, kind }) => kind !== 'baseline' && !known.has(keyOf(version)))
    .map((row): PlanEntry => {
      const kind = row.kind === 'repeatable' ? 'repeatable' : 'versioned';
      return { version: row.version, name: row.name, kind, state: 'missing', migration: undefined, row };
    });
  return [...present, ...missing].sort(inOrder);
}

function keyOf(version: string): string {
  return version.startsWith('R__') ? version : canonicalVersion(version);
}

function stateOfNew(
  { kind, version }: Migration,
  baseline: string | undefined,
  newest: string | undefined,
): MigrationState {
  if (kind === 'repeatable') return 'pending';
  if (baseline !== undefined && compareVersions(version, baseline) <= 0) return 'baseline';
  return newest !== undefined && compareVersions(version, newest) < 0 ? 'out-of-order' : 'pending';
}

function stateOfApplied(migration: Migration, row: LedgerRow): MigrationState {
  if (row.kind === 'baseline') return 'baseline';
  if (row.state !== 'applied') return 'unfinished';
  if (row.checksum === null || row.checksum === migration.checksum) return 'applied';
  if (migration.kind === 'repeatable') return 'pending';
  return row.cosmeticChecksum === cosmeticChecksumOf(migration.text) ? 'cosmetic' : 'edited';
}

function inOrder(a: PlanEntry, b: PlanEntry): number {
  if (a.kind !== b.kind) return a.kind === 'versioned' ? -1 : 1;
  if (a.kind === 'repeatable') return a.name < b.name ? -1 : 1;
  return compareVersions(a.version, b.version);
}

/** Where the history and the files disagree; such a database is not migrated. */
export function findProblems(plan: readonly PlanEntry[]): readonly PlanEntry[] {
  return plan.filter(
    ({ state, kind, row }) =>
      state === 'edited' ||
      row?.state === 'reverting' ||
      (state === 'missing' && kind === 'versioned') ||
      state === 'out-of-order',
  );
}

export interface PendingLimits {
  /** The last version to apply. */
  readonly to?: string | undefined;
  /** How many to apply at most. */
  readonly step?: number | undefined;
}

/** What is to be applied, in order. Repeatable migrations follow, in the order of what they need. */
export function findPending(plan: readonly PlanEntry[], { to, step }: PendingLimits): readonly Migration[] {
  const waiting = plan.filter(
    ({ state, row }) =>
      state === 'pending' ||
      state === 'out-of-order' ||
      (state === 'unfinished' && row?.state === 'unfinished'),
  );
  const within = waiting.filter(
    ({ kind, version }) => to === undefined || (kind === 'versioned' && isWithin(version, to)),
  );
  const migrations = within.flatMap(({ migration }) => migration ?? []);
  const isRepeatable = ({ kind }: Migration) => kind === 'repeatable';
  const versioned = migrations.filter((migration) => !isRepeatable(migration));
  return [...versioned, ...orderRepeatables(migrations.filter(isRepeatable))].slice(0, step);
}

/** What is to be reverted, the last applied first. */
export function findReverts(plan: readonly PlanEntry[], { to, step }: PendingLimits): readonly PlanEntry[] {
  const applied = plan
    .filter(({ kind, row }) => kind === 'versioned' && row?.kind === 'versioned')
    .sort((a, b) => (b.row?.sequence ?? 0) - (a.row?.sequence ?? 0));
  if (to === undefined) return applied.slice(0, step ?? 1);
  return applied.filter(({ version }) => !isWithin(version, to)).slice(0, step);
}
