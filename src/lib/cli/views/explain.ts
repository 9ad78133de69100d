import type { ExplainResult } from '../../migrate/index.js';
import { formatBytes, formatCount, plural } from '../../core/format.js';
import type { Paint, Style } from '../terminal.js';

type Statement = ExplainResult['statements'][number];

const RISKS: Readonly<Record<Statement['risk'], readonly [text: string, style: Style]>> = {
  none: ['nobody waits', 'green'],
  brief: ['brief lock', 'dim'],
  long: ['LONG LOCK', 'red'],
  data: ['LOSES DATA', 'red'],
  unknown: ['not run', 'yellow'],
};

/** A line for each statement, and one for each table that it touches. */
export function explainView({ statements, error }: ExplainResult, paint: Paint): string {
  const lines = statements.flatMap(({ file, line, statement, risk, locksKnown, effects }) => {
    const [text, style] = RISKS[risk];
    const head = `${paint(style, text.padEnd(12))}  ${file}:${line}  ${statement}`;
    const note =
      risk === 'unknown'
        ? ['                it loads rows, or reaches beyond its database: its effects are unknown']
        : locksKnown
          ? []
          : ['                outside a transaction: its locks are not seen'];
    return [head, ...effects.map((effect) => `                ${effectLine(effect)}`), ...note];
  });
  const failure =
    error === null ? [] : [paint('red', `fails        ${error.file}:${error.line}  ${error.message}`)];
  return [...lines, ...failure].join('\n');
}

function effectLine(effect: Statement['effects'][number]): string {
  const { table, rows, bytes, blocks, dropped, droppedColumns, rewritten, scanned, newIndexes } = effect;
  const does = [
    ...(blocks === null || dropped ? [] : [`blocks ${blocks}`]),
    ...(dropped ? ['is dropped'] : []),
    ...(droppedColumns.length > 0 ? [`loses ${droppedColumns.join(', ')}`] : []),
    ...(rewritten ? [`is rewritten (${formatBytes(bytes)})`] : []),
    ...(scanned && !rewritten ? ['all rows are read'] : []),
    ...(newIndexes.length > 0 ? [`gets ${plural(newIndexes.length, 'index', 'indexes')}`] : []),
  ];
  return `${table} (about ${formatCount(Math.round(rows))} rows): ${does.join(', ')}`;
}
