import { BkDbError } from '../core/errors.js';
import type { TargetColumn, TargetTable } from './target-table.js';

export interface MappingOptions {
  /** Names of the file's columns in their order; undefined where the file has no header and none were given. */
  readonly header: readonly string[] | undefined;
  /** Number of fields of the first record. */
  readonly fields: number;
  /** Column of the table by column of the file. */
  readonly rename: ReadonlyMap<string, string>;
  /** Columns of the file to load; all when empty. */
  readonly only: readonly string[];
  /** Values for columns that the file does not have. */
  readonly constants: ReadonlyMap<string, string>;
  /** Leaves out columns of the file that the table lacks, instead of refusing them. */
  readonly ignoreExtra: boolean;
}

/** What becomes of each column of the file. */
export interface Mapping {
  /** By position in the file: the column it fills, undefined where it is left out. */
  readonly columns: readonly (TargetColumn | undefined)[];
  readonly names: readonly string[];
  readonly constants: readonly { readonly column: TargetColumn; readonly value: string }[];
  readonly ignored: readonly string[];
}

/**
 * Finds the table's column for each of the file's: the same name, or the same but for upper case and surrounding blanks.
 * Generated columns are left out, because the table computes them.
 * @throws BkDbError USAGE for columns the table lacks, or that are filled twice.
 */
export function mapColumns(table: TargetTable, options: MappingOptions): Mapping {
  const { rename, only, constants } = options;
  const names = options.header ?? table.columns.slice(0, options.fields).map(({ name }) => name);
  if (names.length !== options.fields && options.header === undefined)
    throw new BkDbError(
      'USAGE',
      `the file has ${options.fields} columns, ${table.label} has ${names.length}`,
      {
        hint: 'Name the columns of the file in their order: --columns a,b,c.',
      },
    );
  refuseUnknown(names, [...rename.keys(), ...only]);
  const missing: string[] = [];
  const columns = names.map((name) => {
    if (only.length > 0 && !only.includes(name)) return undefined;
    const column = findColumn(table, rename.get(name) ?? name);
    if (column === undefined && (rename.has(name) || !options.ignoreExtra))
      missing.push(rename.get(name) ?? name);
    return column === undefined || column.isGenerated ? undefined : column;
  });
  if (missing.length > 0) throw unknownColumns(table, missing, columns);
  const fixed = [...constants].map(([name, value]) => {
    const column = findColumn(table, name);
    if (column === undefined) throw unknownColumns(table, [name], columns);
    return { column, value };
  });
  refuseTwice(table, [...columns, ...fixed.map(({ column }) => column)]);
  if (columns.every((column) => column === undefined))
    throw new BkDbError('USAGE', `no column of the file goes into ${table.label}`);
  return {
    columns,
    names,
    constants: fixed,
    ignored: names.filter((_, index) => columns[index] === undefined),
  };
}

/** As many names as a person reads. */
function shorten(names: readonly string[]): string {
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : '';
  return `${names.slice(0, SHOWN_NAMES).join(', ')}${more}`;
}

const SHOWN_NAMES = 20;

function findColumn({ columns }: TargetTable, name: string): TargetColumn | undefined {
  const plain = (text: string) => text.trim().toLowerCase();
  return (
    columns.find((column) => column.name === name) ??
    columns.find((column) => plain(column.name) === plain(name))
  );
}

function refuseUnknown(names: readonly string[], asked: readonly string[]): void {
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new BkDbError('USAGE', `the file has no column ${unknown}`, {
    hint: `It has ${shorten(names)}.`,
  });
}

function unknownColumns(
  table: TargetTable,
  missing: readonly string[],
  found: readonly (TargetColumn | undefined)[],
): BkDbError {
  const noHeader = found.every((column) => column === undefined);
  const hint = noHeader
    ? 'Is the first line data? Then say --no-header.'
    : `${table.label} has ${shorten(table.columns.map(({ name }) => name))}. Use --map FILE=TABLE to rename, --ignore-extra to leave out.`;
  return new BkDbError('USAGE', `${table.label} has no column ${shorten(missing)}`, {
    hint,
    details: { missing },
  });
}

function refuseTwice(table: TargetTable, columns: readonly (TargetColumn | undefined)[]): void {
  const seen = new Set<string>();
  for (const column of columns) {
    if (column === undefined) continue;
    if (seen.has(column.name))
      throw new BkDbError('USAGE', `column ${column.name} of ${table.label} would be filled twice`);
    seen.add(column.name);
  }
}
