import { decodeCursor, encodeCursor, place, PLACE } from './cursor.js';
import { parseRows, type Executor, type QuerySpec } from './executor.js';
import { filterCondition, where, type Filter } from './filter.js';
import { afterPlace } from './keyset.js';
import { orderBy, sortKeys } from './order.js';
import {
  pageLimit,
  pageOffset,
  type ListOptions,
  type OffsetOptions,
  type OffsetPage,
  type Page,
} from './page.js';
import { join, raw, sql, type Fragment } from './sql.js';
import type { Row, Table } from './table.js';

type Values = Record<string, unknown>;

interface Listing {
  readonly method: string;
  readonly table: Table;
  /** A condition beside the filter, on the alias `r`. */
  readonly condition?: Fragment;
}

/** A page by keyset: as fast at the end of a list as at its beginning. */
export async function listRows<T extends Table>(
  executor: Executor,
  { method, table, condition }: Listing & { readonly table: T },
  { filter = {}, order, limit, after }: ListOptions<Row<T>>,
): Promise<Page<Row<T>>> {
  const keys = sortKeys(table, order);
  const size = pageLimit(limit);
  const conditions = [
    condition,
    filterCondition(table, filter as Filter<Values>, 'r'),
    after === undefined ? undefined : afterPlace(table, keys, decodeCursor(table, keys, after), 'r'),
  ].filter((part) => part !== undefined);
  const spec: QuerySpec<Values> = { method, operation: 'select', table };
  // One row more than the page tells whether there is a next one; only the last row shown needs its place.
  const found = await executor.rows(
    spec,
    sql`select ${table.select('r')},
        case when row_number() over () = ${rows(size)} then ${place(table, keys, 'r')} end as ${raw(`"${PLACE}"`)}
      from (select r.* from ${table.name} r${conditions.length === 0 ? raw('') : sql` where ${join(conditions, ' and ')}`}
        order by ${orderBy(table, keys, 'r')} limit ${rows(size + 1)}) r
      order by ${orderBy(table, keys, 'r')}`,
  );
  const last = found.length > size ? found[size - 1] : undefined;
  return {
    items: parseRows({ ...spec, row: table.row }, found.slice(0, size)) as Row<T>[],
    next: last === undefined ? null : encodeCursor(table, keys, last[PLACE]),
  };
}

/** A page by number. The server reads and drops everything before it. */
export async function listByOffset<T extends Table>(
  executor: Executor,
  table: T,
  { filter, order, limit, offset, withTotal = false }: OffsetOptions<Row<T>>,
): Promise<OffsetPage<Row<T>>> {
  const keys = sortKeys(table, order);
  const [size, start] = [pageLimit(limit), pageOffset(offset)];
  const items = await executor.rows(
    { method: 'listByOffset', operation: 'select', table, row: table.row },
    sql`select ${table.select('r')} from ${table.name} r${where(table, filter as Filter<Values>, 'r')}
      order by ${orderBy(table, keys, 'r')} limit ${rows(size)} offset ${start}`,
  );
  const total = withTotal ? await countRows(executor, table, filter) : undefined;
  return { items: items as Row<T>[], total, offset: start, limit: size };
}

/** All rows in batches, read page by page: no transaction stays open between them, and any batch can be the last. */
export async function* streamRows<T extends Table>(
  executor: Executor,
  listing: Listing & { readonly table: T },
  options: ListOptions<Row<T>>,
): AsyncGenerator<Row<T>[]> {
  let after = options.after;
  for (;;) {
    const { items, next } = await listRows(
      executor,
      listing,
      after === undefined ? options : { ...options, after },
    );
    if (items.length > 0) yield items;
    if (next === null) return;
    after = next;
  }
}

/** The exact number of rows. */
export async function countRows(executor: Executor, table: Table, filter?: Filter<Values>): Promise<number> {
  const counted = await executor.first<{ readonly count: string }>(
    { method: 'count', operation: 'select', table },
    sql`select count(*) as count from ${table.name}${where(table, filter)}`,
  );
  return Number(counted?.count ?? 0);
}

/** The planner's estimate: instant at any size, and as good as the last ANALYZE. */
export async function estimateRows(
  executor: Executor,
  table: Table,
  filter?: Filter<Values>,
): Promise<number> {
  const explained = await executor.first<Readonly<Record<string, readonly Explained[]>>>(
    { method: 'count', operation: 'select', table },
    sql`explain (format json) select from ${table.name}${where(table, filter)}`,
  );
  const [plans = []] = Object.values(explained ?? {});
  return plans[0]?.Plan['Plan Rows'] ?? 0;
}

/** A checked number of rows as it stands: for a parameter the planner has to guess, and may guess a full sort. */
function rows(count: number): Fragment {
  return raw(String(count));
}

interface Explained {
  readonly Plan: { readonly 'Plan Rows': number };
}
