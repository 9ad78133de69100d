import { RepositoryError } from './repository-error.js';
import { join, raw, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

export type Direction = 'asc' | 'desc';
/** Columns to order by, the most significant first. */
export type Order<R> = readonly (readonly [column: keyof R & string, direction: Direction])[];

/** One column of a complete order. */
export interface SortKey {
  readonly column: string;
  readonly direction: Direction;
  readonly nullable: boolean;
}

/**
 * The complete order of a page: the asked-for columns, then the key so that no two rows tie.
 * @throws RepositoryError BadValue for an unknown column or one no index supports.
 */
export function sortKeys(table: Table, order: Order<Record<string, unknown>> = table.order): SortKey[] {
  const keys = order.map(([column, direction]) => sortKey(table, column, direction));
  const last = keys.at(-1)?.direction ?? 'asc';
  const rest = table.key.filter((column) => !keys.some((key) => key.column === column));
  return [...keys, ...rest.map((column): SortKey => ({ column, direction: last, nullable: false }))];
}

/** The ORDER BY list. Nulls come last whatever the direction. */
export function orderBy(table: Table, keys: readonly SortKey[], alias?: string): Fragment {
  const list = keys.map(({ column, direction, nullable }) => {
    const nulls = nullable && direction === 'desc' ? ' nulls last' : '';
    return sql`${table.reference(column, alias)} ${raw(direction + nulls)}`;
  });
  return join(list, ', ');
}

function sortKey(table: Table, column: string, direction: Direction): SortKey {
  const { sortable, nullable } = table.column(column).facts;
  if (!sortable && !table.key.includes(column))
    throw new RepositoryError('BadValue', `${table.label} cannot be ordered by ${column}`);
  // Types are erased where callers come from JavaScript, and this text reaches SQL.
  if (direction !== 'asc' && (direction as string) !== 'desc')
    throw new RepositoryError('BadValue', `the direction of ${column} must be asc or desc`);
  return { column, direction, nullable };
}
