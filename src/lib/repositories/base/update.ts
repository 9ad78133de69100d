import { bind, encode } from './encode.js';
import { RepositoryError } from './repository-error.js';
import { join, raw, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

type Values = Readonly<Record<string, unknown>>;

interface RowIdentity {
  readonly id: string;
  /** The `rowVersion` it must still have. */
  readonly expectedVersion?: string | bigint | undefined;
}

/**
 * `update t set a = ..., b = ...` with the patch's values.
 * @throws RepositoryError BadValue for an empty patch, an unknown or fixed column, and for `undefined`.
 */
export function updateSet(table: Table, patch: Values): Fragment {
  const assignments = patchedColumns(table, patch).map(
    (name) => sql`${table.reference(name)} = ${bind(table.column(name).facts, patch[name])}`,
  );
  return sql`update ${table.name} set ${join(assignments, ', ')}`;
}

/** The update of one row that returns it as stored. @throws RepositoryError BadValue as `updateSet`. */
export function updateRow(table: Table, patch: Values, { id, expectedVersion }: RowIdentity): Fragment {
  const names = patchedColumns(table, patch);
  const values = names.map((name) => encode(table.column(name).facts, patch[name]));
  values.push(encodeId(table, id));
  if (expectedVersion !== undefined) values.push(encode(table.column('rowVersion').facts, expectedVersion));
  const key = `update ${names.join()}${expectedVersion === undefined ? '' : ' of a version'}`;
  return table.statement(
    key,
    values,
    () =>
      sql`${updateSet(table, patch)} where ${rowCondition(table, id, expectedVersion)} returning ${table.select()}`,
  );
}

/** One row by its id, with what comes behind it, such as a lock. */
export function selectRow(table: Table, id: string, end = ''): Fragment {
  return table.statement(
    `select${end}`,
    [encodeId(table, id)],
    () => sql`select ${table.select()} from ${table.name} where ${rowCondition(table, id)}${raw(end)}`,
  );
}

function patchedColumns(table: Table, patch: Values): string[] {
  const names = Object.keys(patch);
  for (const name of names) {
    if (!table.column(name).facts.patchable)
      throw new RepositoryError('BadValue', `${table.label}.${name} cannot be updated`);
    if (patch[name] === undefined)
      throw new RepositoryError('BadValue', `${table.label}.${name} is undefined`);
  }
  if (names.length === 0)
    throw new RepositoryError('BadValue', `an empty patch changes nothing in ${table.label}`);
  return names;
}

function encodeId(table: Table, id: string): string | null {
  return encode(table.column(idColumn(table)).facts, id);
}

/** The condition for the row with this id, and of this version when one is expected. */
export function rowCondition(table: Table, id: string, expectedVersion?: string | bigint): Fragment {
  const byId = sql`${idReference(table)} = ${bind(table.column(idColumn(table)).facts, id)}`;
  if (expectedVersion === undefined) return byId;
  return sql`${byId} and ${table.reference('rowVersion')} = ${bind(table.column('rowVersion').facts, expectedVersion)}`;
}

/** The quoted name of the id. @throws RepositoryError BadValue for a table with a key of several columns. */
export function idReference(table: Table, alias?: string): Fragment {
  return table.reference(idColumn(table), alias);
}

/** The single column of the key. @throws RepositoryError BadValue for a table with a key of several columns. */
export function idColumn(table: Table): string {
  const [column, ...others] = table.key;
  if (column === undefined || others.length > 0)
    throw new RepositoryError('BadValue', `rows of ${table.label} have no single id; find them by a filter`);
  return column;
}
