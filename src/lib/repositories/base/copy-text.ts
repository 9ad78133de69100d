import { copyField } from '../../core/text-format.js';
import { encode } from './encode.js';
import type { Table } from './table.js';

/** A row as a line of COPY's text format; undefined when its columns are not those of the COPY. */
export type LineWriter = (row: Readonly<Record<string, unknown>>) => string | undefined;

/**
 * Writes rows as lines with these columns. Columns a row leaves out are null where that is what leaving out means.
 * The writer throws RepositoryError BadValue for a value its column cannot take.
 */
export function lineWriter(table: Table, columns: readonly string[]): LineWriter {
  const known = new Set(columns);
  const fields = columns.map((name) => {
    const { facts } = table.column(name);
    return { name, facts, optional: facts.nullable && !facts.hasDefault };
  });
  return (row) => {
    for (const name of Object.keys(row)) if (!known.has(name)) return undefined;
    let line = '';
    let separator = '';
    for (const { name, facts, optional } of fields) {
      const value = row[name];
      if (value === undefined && (!optional || Object.hasOwn(row, name))) return undefined;
      const text = value === undefined ? null : encode(facts, value);
      line += separator + copyField(text);
      separator = '\t';
    }
    return `${line}\n`;
  };
}
