import type {
  MigrateResult,
  MigrationState,
  MigrationStatus,
  Repair,
  RevertResult,
} from '../../migrate/index.js';
import { formatDuration, formatTime, plural } from '../format.js';
import type { Paint, Style } from '../terminal.js';

const STATE_STYLES: Readonly<Record<MigrationState, Style>> = {
  applied: 'green',
  pending: 'yellow',
  cosmetic: 'yellow',
  edited: 'red',
  missing: 'red',
  'out-of-order': 'red',
  unfinished: 'red',
  baseline: 'dim',
};

/** What `migrate` did, in one line. */
export function migrateView({ applied, toVersion }: MigrateResult): string {
  if (applied.length === 0)
    return toVersion === null ? 'nothing to apply: there are no migrations' : `up to date at ${toVersion}`;
  return `applied ${plural(applied.length, 'migration')}; the schema is at ${toVersion ?? 'none'}`;
}

/** What `migrate down` or `redo` did, in one line. */
export function revertView({ reverted, applied, toVersion }: RevertResult): string {
  if (reverted.length === 0) return 'nothing to revert';
  const again = applied.length === 0 ? '' : ' and applied again';
  return `reverted ${plural(reverted.length, 'migration')}${again}; the schema is at ${toVersion ?? 'its beginning'}`;
}

/** The list of migrations and the verdict below it. */
export function migrationStatusView(status: MigrationStatus, paint: Paint): string {
  const rows = status.migrations.map(({ label, state, appliedAt, durationMs, appliedBy }) => [
    paint(STATE_STYLES[state], state.padEnd(12)),
    label,
    appliedAt === null
      ? ''
      : `${formatTime(appliedAt)}  ${durationMs === null ? '' : formatDuration(durationMs)}  ${appliedBy ?? ''}`,
  ]);
  const width = Math.max(0, ...rows.map(([, label = '']) => label.length));
  const lines = rows.map(([state, label = '', applied]) =>
    `${state ?? ''}  ${label.padEnd(width)}  ${applied ?? ''}`.trimEnd(),
  );
  return [...lines, '', verdict(status)].join('\n').trimStart();
}

function verdict({
  upToDate,
  currentVersion,
  pending,
  problems,
  migrationsDir,
  layout,
}: MigrationStatus): string {
  const at = currentVersion === null ? 'nothing is applied' : `the schema is at ${currentVersion}`;
  const parts = [
    ...(upToDate ? ['up to date'] : []),
    ...(pending > 0 ? [`${pending} pending`] : []),
    ...(problems > 0 ? [`${plural(problems, 'problem')} in the history`] : []),
  ];
  const folder = layout === 'pairs' ? migrationsDir : `${migrationsDir} (${layout} layout)`;
  return `${at}: ${parts.join(', ')}\nmigrations: ${folder}`;
}

const REPAIRS = { accept: 'accept as it is now', forget: 'forget, as its file is gone' } as const;

/** What `migrate repair` will do, one line each. */
export function repairView(repairs: readonly Repair[]): string {
  if (repairs.length === 0) return 'nothing to repair: ledger and files agree';
  return repairs.map(({ label, action }) => `${label}: ${REPAIRS[action]}`).join('\n');
}
