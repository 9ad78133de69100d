import type { SeedResult } from '../../seed/index.js';
import { formatCount, formatDuration, plural } from '../format.js';
import { renderTable } from '../table.js';
import type { Paint } from '../terminal.js';

/** What each table got, and the sum in one line. */
export function seedView({ tables, total, checks, durationMs }: SeedResult, paint: Paint): string {
  const table = renderTable(
    [
      { head: 'table', value: (row: SeedResult['tables'][number]) => row.table },
      { head: 'inserted', value: (row) => formatCount(row.inserted), align: 'right' },
      { head: 'unchanged', value: (row) => formatCount(row.unchanged), style: () => 'dim', align: 'right' },
    ],
    tables,
    paint,
  );
  const done =
    total.inserted === 0
      ? `nothing to seed: all ${plural(total.unchanged, 'row')} are there already`
      : `inserted ${plural(total.inserted, 'row')}, ${formatCount(total.unchanged)} were there already`;
  return `${table}\n\n${done}; ${plural(checks.length, 'invariant')} hold (${formatDuration(durationMs)})`;
}
