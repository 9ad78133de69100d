import type { DiffResult } from '../../diff/index.js';
import { plural } from '../format.js';
import type { Paint } from '../terminal.js';
import { differenceLines, notReplayedLines } from './schema-differences.js';

/** The files that were written, or the statements; then what is left to be written by hand. */
export function diffView(result: DiffResult, paint: Paint): string {
  const { up, later, down, failure, left, leftByDown, files } = result;
  const part = (title: string, statements: readonly string[]) =>
    statements.length === 0 ? [] : [paint('dim', `-- ${title}`), ...statements, ''];
  const shown =
    files.length > 0
      ? files
      : [...part('up', up), ...part('up, without a transaction', later), ...part('down', down)];
  return [
    ...shown,
    ...notReplayedLines(result.notReplayed, paint),
    ...(failure === null
      ? []
      : [
          paint('red', `the server refused: ${failure.message}`),
          ...failure.statement.split('\n').map(indent),
        ]),
    ...differences('not said by these statements, write it by hand:', left, paint),
    ...differences('not taken back by the way down, write it by hand:', leftByDown, paint),
  ]
    .join('\n')
    .trimEnd();
}

function differences(title: string, found: DiffResult['left'], paint: Paint): string[] {
  if (found.length === 0) return [];
  return [
    paint('yellow', title),
    ...found.flatMap((difference) => differenceLines(difference, paint)).map(indent),
  ];
}

function indent(line: string): string {
  return `  ${line}`;
}

/** What came of it, in a line. */
export function diffNote(result: DiffResult): string {
  const { up, later, failure, left, files, migrationsDir, notReplayed } = result;
  const count = up.length + later.length;
  if (failure !== null) return 'nothing was written: the statements could not be run in a scratch database';
  if (count === 0 && left.length === 0) return `no difference from the migrations in ${migrationsDir}`;
  const proved =
    notReplayed.length > 0
      ? 'compared without what was not replayed: look whether it is said twice'
      : left.length === 0
        ? 'proved in a scratch database, forth and back'
        : `${plural(left.length, 'difference')} left`;
  return files.length > 0
    ? `wrote ${plural(files.length, 'file')}, ${proved}; this database has the change already, and would stumble over it`
    : `${plural(count, 'statement')}, ${proved}; name the migration to write it`;
}

const LOSSES = /\bDROP (COLUMN|TABLE|SEQUENCE|SCHEMA) /;
const UNFILLED = /^ALTER TABLE .* ADD COLUMN (?!.* DEFAULT )(?!.* GENERATED ).* NOT NULL;$/;

/** What deserves a look before it meets rows: a renamed column, for one, looks like one dropped and one added. */
export function diffWarnings({ up }: DiffResult): string[] {
  return up.flatMap((statement) => [
    ...(LOSSES.test(statement) ? [`rows or values are lost by: ${statement}`] : []),
    ...(UNFILLED.test(statement) ? [`it fails where the table has rows: ${statement}`] : []),
  ]);
}
