import type { MaintainResult } from '../../maintain/index.js';
import { formatCount, formatDuration, plural } from '../format.js';
import { renderTable } from '../table.js';
import type { Paint, Style } from '../terminal.js';

interface Row {
  readonly action: string;
  readonly style: Style;
  readonly partition: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly rowsMoved: string;
}

/** What was created and dropped, and until when the tables are ready. */
export function maintainView(result: MaintainResult, paint: Paint): string {
  const rows = rowsOf(result);
  const table = renderTable<Row>(
    [
      { head: 'action', value: ({ action }) => action, style: ({ style }) => style },
      { head: 'partition', value: ({ partition }) => partition },
      { head: 'from', value: ({ from }) => from?.slice(0, 10) ?? '-' },
      { head: 'to', value: ({ to }) => to?.slice(0, 10) ?? '-' },
      { head: 'rows moved', value: ({ rowsMoved }) => rowsMoved, align: 'right' },
    ],
    rows,
    paint,
  );
  return rows.length === 0 ? verdict(result) : `${table}\n\n${verdict(result)}`;
}

function rowsOf({ tables, dryRun }: MaintainResult): readonly Row[] {
  return tables.flatMap(({ created, dropped }) => [
    ...created.map((partition): Row => ({
      ...partition,
      action: dryRun ? 'would create' : 'created',
      style: 'green',
      rowsMoved: formatCount(partition.rowsMoved),
    })),
    ...dropped.map((partition): Row => ({
      ...partition,
      action: dryRun ? 'would drop' : 'dropped',
      style: 'yellow',
      rowsMoved: '',
    })),
  ]);
}

function verdict({ tables, dryRun, durationMs }: MaintainResult): string {
  const count = (kind: 'created' | 'dropped') => tables.reduce((sum, table) => sum + table[kind].length, 0);
  const [created, dropped] = [count('created'), count('dropped')];
  const done =
    created + dropped === 0
      ? 'nothing to do'
      : `${dryRun ? 'would create' : 'created'} ${plural(created, 'partition')}, ${dryRun ? 'drop' : 'dropped'} ${formatCount(dropped)}`;
  return `${done}; ${readiness(tables)} (${formatDuration(durationMs)})`;
}

/** The table that runs out first speaks for all. */
function readiness(tables: MaintainResult['tables']): string {
  const ends = tables.flatMap(({ readyUntil }) => readyUntil ?? []).sort();
  const until = ends[0] === undefined ? '' : ` until ${ends[0].slice(0, 10)}`;
  return `${plural(tables.length, 'table is', 'tables are')} ready${until}`;
}
