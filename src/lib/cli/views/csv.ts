import { listRejects } from '../../core/reject-list.js';
import type { CsvExportResult, CsvImportAllResult, CsvImportResult } from '../../csv/types.js';
import { formatBytes, formatCount, formatDuration, plural } from '../format.js';
import type { Paint } from '../terminal.js';

const DELIMITERS: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
};

/** What was loaded, how the file was read, and what was set aside. */
export function importView(result: CsvImportResult, paint: Paint): string {
  const { rejected, rejects, rejectFile, dryRun } = result;
  const lines = [`${verdict(result)} (${formatDuration(result.durationMs)})`, paint('dim', form(result))];
  if (result.ignored.length > 0) lines.push(paint('dim', `left out: ${result.ignored.join(', ')}`));
  for (const { sequence, value } of result.sequences)
    lines.push(paint('dim', `${sequence} now stands at ${value}`));
  if (rejected > 0) {
    const where = rejectFile === null ? '' : `, kept in ${rejectFile}`;
    const verb = dryRun ? 'would be rejected' : 'rejected';
    lines.push(paint('yellow', `${plural(rejected, 'row')} ${verb}${where}`), listRejects(rejects, rejected));
  }
  return lines.join('\n');
}

function verdict({ table, mode, dryRun, loaded, unchanged }: CsvImportResult): string {
  const verb = dryRun ? 'would load' : mode === 'replace' ? 'replaced all with' : 'loaded';
  const rest = unchanged === 0 ? '' : `, ${formatCount(unchanged)} left as they were`;
  return `${table}: ${verb} ${plural(loaded, 'row')}${rest}`;
}

function form({ dialect, bytes, columns }: CsvImportResult): string {
  const { delimiter, encoding, newline, bom, header } = dialect;
  const parts = [
    formatBytes(bytes),
    DELIMITERS[delimiter] ?? delimiter,
    `${encoding}${bom ? ' with a mark' : ''}`,
    newline,
    header ? 'header' : 'no header',
    plural(columns.length, 'column'),
  ];
  return `read as ${parts.join(', ')}`;
}

/** What was written where. */
export function exportView({ output, tables, durationMs }: CsvExportResult): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const [only] = tables;
  const what = tables.length === 1 && only !== undefined ? only.table : plural(tables.length, 'table');
  const where = output === '-' ? '' : ` to ${output}`;
  return `exported ${what}${where}: ${plural(rows, 'row')}, ${formatBytes(bytes)} (${formatDuration(durationMs)})`;
}

/** What a whole export became. */
export function importAllView({ path, tables, rows, sequences, durationMs }: CsvImportAllResult): string {
  return `imported ${path}: ${plural(tables.length, 'table')}, ${plural(rows, 'row')}, each table compared by SHA-256; ${plural(sequences, 'sequence')} set (${formatDuration(durationMs)})`;
}
