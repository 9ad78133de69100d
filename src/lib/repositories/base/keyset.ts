import type { SortKey } from './order.js';
import { join, raw, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

/**
 * The condition "comes after this place": a row comparison when all directions agree and nothing can be null, which
 * an index answers in one descent; otherwise spelled out column by column, nulls last.
 */
export function afterPlace(
  table: Table,
  keys: readonly SortKey[],
  place: readonly (string | null)[],
  alias?: string,
): Fragment {
  const sides = keys.map((key, index) => ({
    ...key,
    reference: table.reference(key.column, alias),
    value: boundPlace(table, key.column, place[index] ?? null),
    isNull: (place[index] ?? null) === null,
  }));
  const [first] = sides;
  if (first !== undefined && sides.every((side) => !side.nullable && side.direction === first.direction)) {
    const references = sides.map((side) => side.reference);
    const values = sides.map((side) => side.value);
    return sql`(${join(references, ', ')}) ${comparison(first)} (${join(values, ', ')})`;
  }
  const alternatives = sides.map((side, index) => {
    const ties = sides
      .slice(0, index)
      .map(({ reference, value }) => sql`${reference} is not distinct from ${value}`);
    return sql`(${join([...ties, beyond(side)], ' and ')})`;
  });
  return sql`(${join(alternatives, ' or ')})`;
}

interface Side extends SortKey {
  readonly reference: Fragment;
  readonly value: Fragment;
  readonly isNull: boolean;
}

function beyond(side: Side): Fragment {
  if (side.isNull) return raw('false');
  const further = sql`${side.reference} ${comparison(side)} ${side.value}`;
  return side.nullable ? sql`(${further} or ${side.reference} is null)` : further;
}

function comparison({ direction }: SortKey): Fragment {
  return raw(direction === 'asc' ? '>' : '<');
}

/** The text reaches the server untouched: through the driver's Date it would lose its microseconds. */
function boundPlace(table: Table, column: string, text: string | null): Fragment {
  return sql`${text}::text::${raw(table.column(column).facts.pgType)}`;
}
