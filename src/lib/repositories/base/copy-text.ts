import { encode } from './encode.js';
import { RepositoryError } from './repository-error.js';
import type { Table } from './table.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '\t': String.raw`\t`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
};

/**
 * A row as a line of COPY's text format.
 * @throws RepositoryError BadValue for a value its column cannot take.
 */
export function copyLine(
  table: Table,
  columns: readonly string[],
  row: Readonly<Record<string, unknown>>,
): string {
  const fields = columns.map((name) => {
    const value = row[name];
    if (value === undefined) throw new RepositoryError('BadValue', `${table.label}.${name} is undefined`);
    const text = encode(table.column(name).facts, value);
    return text === null ? String.raw`\N` : escapeField(text);
  });
  return `${fields.join('\t')}\n`;
}

function escapeField(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (mark) => ESCAPES[mark] ?? mark) : text;
}
