import Table from 'cli-table3';
import { printable, type Paint, type Style } from './terminal.js';

export interface Column<Row> {
  readonly head: string;
  readonly value: (row: Row) => string;
  /** How the cell is painted: here, because a value's own control characters are taken out. */
  readonly style?: (row: Row) => Style;
  readonly align?: 'left' | 'right';
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows as an aligned table without borders, so that it reads well and copies well. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint,
): string {
  const table = new Table({
    head: columns.map(({ head }) => paint('bold', head)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) {
    table.push(
      columns.map(({ value, style }) => {
        const text = oneLine(value(row));
        return style === undefined ? text : paint(style(row), text);
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A cell is one line: a name with a newline in it must not break the table. */
function oneLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, '\ufffd');
}
