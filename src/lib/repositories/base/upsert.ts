import { RepositoryError } from './repository-error.js';
import { columnList } from './insert.js';
import { join, raw, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

export interface UpsertOptions<R> {
  /** The columns of the unique constraint that tells rows apart. */
  readonly conflict: readonly (keyof R & string)[];
  /** The columns a row that exists takes over; all that were given and may change unless said. */
  readonly update?: readonly (keyof R & string)[];
}

/** `on conflict (...) do update`, which leaves a row alone that says the same already. */
export function onConflictUpdate(
  table: Table,
  written: readonly string[],
  options: UpsertOptions<Record<string, unknown>>,
): Fragment {
  const target = columnList(table, options.conflict);
  const updated = options.update ?? written.filter((name) => isTakenOver(table, name, options.conflict));
  if (updated.length === 0) return sql` on conflict (${target}) do nothing`;
  for (const name of updated)
    if (!table.column(name).facts.patchable || !written.includes(name))
      throw new RepositoryError('BadValue', `${table.label}.${name} cannot be taken over by an upsert`);
  const references = updated.map((name) => table.reference(name));
  const assignments = references.map((name) => sql`${name} = excluded.${name}`);
  const old = join(
    references.map((name) => sql`${table.name}.${name}`),
    ', ',
  );
  const next = join(
    references.map((name) => sql`excluded.${name}`),
    ', ',
  );
  return sql` on conflict (${target}) do update set ${join(assignments, ', ')}
    where (${old}) is distinct from (${next})`;
}

/** `on conflict do nothing`, whichever constraint it is. */
export const ON_CONFLICT_IGNORE = raw(' on conflict do nothing');

function isTakenOver(table: Table, name: string, conflict: readonly string[]): boolean {
  return table.column(name).facts.patchable && !conflict.includes(name);
}
