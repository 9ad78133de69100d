import { describeTarget, type ConnectionTarget } from '../../core/connection.js';
import type { EffectiveSetting } from '../../core/config/index.js';
import { renderTable } from '../table.js';
import type { Paint } from '../terminal.js';

/** The effective settings as a table, and the target in one line. */
export function configView(
  settings: readonly EffectiveSetting[],
  target: ConnectionTarget | undefined,
  paint: Paint,
): string {
  const table = renderTable(
    [
      { head: 'setting', value: (row: EffectiveSetting) => row.name },
      { head: 'value', value: (row) => (row.value === null ? '-' : String(row.value)) },
      { head: 'from', value: (row) => row.origin, style: () => 'dim' },
    ],
    settings,
    paint,
  );
  const where =
    target === undefined ? 'the embedded server (nothing else is configured)' : describeTarget(target);
  return `${table}\n\ntarget: ${where}`;
}
