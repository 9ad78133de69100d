import * as z from 'zod';
import type { SortKey } from './order.js';
import { RepositoryError } from './repository-error.js';
import { join, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

/** A place in an ordered list, opaque (base64url). It belongs to one table and one order. */
export type Cursor = string;

const contentSchema = z.tuple([z.string(), z.array(z.string().nullable())]);

/** The column that carries a row's place, beside its own columns. */
export const PLACE = '$place';

/**
 * The expression for a row's place: a JSON list of its sort values as text.
 * jsonb writes timestamps in ISO form with microseconds whatever the session says; a JS Date would cut them.
 */
export function place(table: Table, keys: readonly SortKey[], alias?: string): Fragment {
  const values = keys.map(({ column }) => {
    const reference = table.reference(column, alias);
    return table.column(column).facts.encoding === 'timestamp'
      ? sql`to_jsonb(${reference}) #>> '{}'`
      : sql`${reference}::text`;
  });
  return sql`jsonb_build_array(${join(values, ', ')})`;
}

/** The cursor that continues after the row with this place. */
export function encodeCursor(table: Table, keys: readonly SortKey[], at: unknown): Cursor {
  return Buffer.from(JSON.stringify([signature(table, keys), at])).toString('base64url');
}

/**
 * The sort values of the row after which to continue.
 * @throws RepositoryError BadValue for text that is no cursor, or one of another table or order.
 */
export function decodeCursor(
  table: Table,
  keys: readonly SortKey[],
  cursor: Cursor,
): readonly (string | null)[] {
  const content = contentSchema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!content.success) throw new RepositoryError('BadValue', 'the cursor cannot be read');
  const [madeFor, at] = content.data;
  if (madeFor !== signature(table, keys) || at.length !== keys.length)
    throw new RepositoryError('BadValue', `the cursor belongs to another order than that of ${table.label}`, {
      hint: 'Start again without a cursor after changing the order of a list.',
    });
  return at;
}

function signature(table: Table, keys: readonly SortKey[]): string {
  return [table.label, ...keys.map(({ column, direction }) => `${column} ${direction}`)].join(', ');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
