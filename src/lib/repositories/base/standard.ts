import { bigint, timestamptz } from './column.js';
import { RepositoryError } from './repository-error.js';
import { sql, type Fragment } from './sql.js';

/** The columns that every entity has: its version for optimistic locks, and when it was made and changed. */
export const standardColumns = () => ({
  rowVersion: bigint().managed(),
  createdAt: timestamptz().managed().sortable(),
  updatedAt: timestamptz().managed(),
});

/** A length of time in SQL. @throws RepositoryError BadValue for what is no length. */
export function milliseconds(ms: number): Fragment {
  if (!Number.isFinite(ms) || ms < 0)
    throw new RepositoryError('BadValue', `a time span is a number of ms from 0 on, not ${ms}`);
  return sql`(${ms}::float8 * interval '1 millisecond')`;
}
