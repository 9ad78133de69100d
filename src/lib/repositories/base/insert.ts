import { encode, encodeArray, bind } from './encode.js';
import { RepositoryError } from './repository-error.js';
import { join, raw, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * The columns a new row writes, in the table's order. What is left out gets its default, or null.
 * @throws RepositoryError BadValue for an unknown, managed or missing column, and for `undefined`.
 */
export function writtenColumns(table: Table, values: Values): string[] {
  for (const name of Object.keys(values)) {
    if (table.column(name).facts.create === 'never')
      throw new RepositoryError('BadValue', `${table.label}.${name} is not written by callers`);
    if (values[name] === undefined)
      throw new RepositoryError('BadValue', `${table.label}.${name} is undefined`);
  }
  return table.names.filter((name) => {
    if (Object.hasOwn(values, name)) return true;
    if (table.column(name).facts.create === 'required')
      throw new RepositoryError('BadValue', `a new row of ${table.label} needs ${name}`);
    return false;
  });
}

/** A new row's columns and its values, for statements that add columns of their own. */
export function rowFragments(
  table: Table,
  values: Values,
): { readonly columns: Fragment; readonly values: Fragment } {
  const columns = writtenColumns(table, values);
  const bound = columns.map((name) => bind(table.column(name).facts, values[name]));
  return { columns: columnList(table, columns), values: join(bound, ', ') };
}

/** Inserts one row. Its columns without a value take their defaults. */
export function insertOne(table: Table, values: Values): Fragment {
  if (Object.keys(values).length === 0) return sql`insert into ${table.name} default values`;
  const row = rowFragments(table, values);
  return sql`insert into ${table.name} (${row.columns}) values (${row.values})`;
}

/** The insert of one row that returns it as stored. */
export function insertRow(table: Table, values: Values): Fragment {
  const columns = writtenColumns(table, values);
  return table.statement(
    `insert ${columns.join()}`,
    columns.map((name) => encode(table.column(name).facts, values[name])),
    () => sql`${insertOne(table, values)} returning ${table.select()}`,
  );
}

/**
 * Inserts rows that write the same columns, in their order, with one parameter per column: the statement is the same
 * for any number of rows, and far from the limit of 65,534 parameters.
 */
export function insertMany(table: Table, columns: readonly string[], rows: readonly Values[]): Fragment {
  const names = columns.map((_, index) => raw(`c${index}`));
  const arrays = columns.map((name) => columnArray(table, name, rows));
  // An array of arrays would be flattened by unnest: it travels as text.
  const items = columns.map((name, index) => {
    const { facts } = table.column(name);
    return raw(facts.isArray === true ? `c${index}::${facts.pgType}` : `c${index}`);
  });
  return sql`insert into ${table.name} (${columnList(table, columns)})
    select ${join(items, ', ')}
    from unnest(${join(arrays, ', ')}) with ordinality as r(${join([...names, raw('n')], ', ')})
    order by n`;
}

/** The rows by the columns they write, each group with the places of its rows. */
export function groupByColumns(
  table: Table,
  rows: readonly Values[],
): { readonly columns: readonly string[]; readonly places: readonly number[] }[] {
  const groups = new Map<string, { columns: readonly string[]; places: number[] }>();
  rows.forEach((row, place) => {
    const columns = writtenColumns(table, row);
    const signature = columns.join();
    const group = groups.get(signature);
    if (group === undefined) groups.set(signature, { columns, places: [place] });
    else group.places.push(place);
  });
  return [...groups.values()];
}

/** The quoted names of the columns, separated by commas. */
export function columnList(table: Table, columns: readonly string[]): Fragment {
  return join(
    columns.map((name) => table.reference(name)),
    ', ',
  );
}

function columnArray(table: Table, name: string, rows: readonly Values[]): Fragment {
  const { facts } = table.column(name);
  const values = rows.map((row) => row[name]);
  if (facts.isArray !== true) return sql`${encodeArray(facts, values)}::text::${raw(facts.pgType)}[]`;
  const texts = values.map((value) => encode(facts, value));
  return sql`${encodeArray({ pgType: 'text', encoding: 'text' }, texts)}::text::text[]`;
}
