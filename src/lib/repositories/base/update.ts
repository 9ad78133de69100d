import { bind } from './encode.js';
import { RepositoryError } from './repository-error.js';
import { join, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

/**
 * `update t set a = ..., b = ...` with the patch's values.
 * @throws RepositoryError BadValue for an empty patch, an unknown or fixed column, and for `undefined`.
 */
export function updateSet(table: Table, patch: Readonly<Record<string, unknown>>): Fragment {
  const assignments = Object.entries(patch).map(([name, value]) => {
    const { facts } = table.column(name);
    if (!facts.patchable) throw new RepositoryError('BadValue', `${table.label}.${name} cannot be updated`);
    if (value === undefined) throw new RepositoryError('BadValue', `${table.label}.${name} is undefined`);
    return sql`${table.reference(name)} = ${bind(facts, value)}`;
  });
  if (assignments.length === 0)
    throw new RepositoryError('BadValue', `an empty patch changes nothing in ${table.label}`);
  return sql`update ${table.name} set ${join(assignments, ', ')}`;
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
