import { bindList } from './encode.js';
import type { Executor } from './executor.js';
import { orderBy, sortKeys, type Order } from './order.js';
import { RepositoryError } from './repository-error.js';
import { sql, type Fragment } from './sql.js';
import type { Row, Table } from './table.js';

/** Rows of another table that belong to a row: those whose column `to` equals the row's column `from`. */
export interface Relation<T extends Table = Table, Many extends boolean = boolean> {
  readonly table: T;
  readonly many: Many;
  readonly from: string;
  readonly to: string;
  readonly order?: Order<Record<string, unknown>>;
  /** At most so many per row, the first in that order. */
  readonly limit?: number;
}

export type Relations = Readonly<Record<string, Relation>>;

/** What loading these relations adds to a row. */
export type Related<Rels extends Relations, Names extends keyof Rels> = {
  [Name in Names]: Rels[Name] extends Relation<infer T, infer Many>
    ? Many extends true
      ? readonly Row<T>[]
      : Row<T> | null
    : never;
};

interface ManyOptions<T extends Table> {
  readonly to: keyof T['columns'] & string;
  /** The column of the row itself; `id` unless given. */
  readonly from?: string;
  readonly order?: Order<T['columns']>;
  readonly limit?: number;
}

/** All rows of the table that refer to the row. */
export function toMany<T extends Table>(table: T, options: ManyOptions<T>): Relation<T, true> {
  return { table, many: true, from: 'id', ...options };
}

/** The one row of the table that the row refers to, or that refers to it; null when there is none. */
export function toOne<T extends Table>(
  table: T,
  options: { readonly from: string; readonly to: keyof T['columns'] & string },
): Relation<T, false> {
  return { table, many: false, ...options };
}

/** Loads relations for all rows at once: one query for each relation, however many rows there are. */
export async function loadRelations<R extends object, Rels extends Relations, Names extends keyof Rels>(
  executor: Executor,
  relations: Rels,
  { rows, names }: { readonly rows: readonly R[]; readonly names: readonly Names[] },
): Promise<(R & Related<Rels, Names>)[]> {
  const loaded = rows as unknown as Record<string, unknown>[];
  for (const name of names as readonly string[]) {
    const relation = Object.hasOwn(relations, name) ? relations[name] : undefined;
    if (relation === undefined) throw new RepositoryError('BadValue', `there is no relation ${name}`);
    if (loaded.length > 0) await loadRelation(executor, name, { relation, rows: loaded });
  }
  return rows as (R & Related<Rels, Names>)[];
}

async function loadRelation(
  executor: Executor,
  name: string,
  { relation, rows }: { readonly relation: Relation; readonly rows: readonly Record<string, unknown>[] },
): Promise<void> {
  const { table, from, to, many } = relation;
  const keys = [...new Set(rows.map((row) => row[from]).filter((key) => key !== null))];
  const spec = { method: `load.${name}`, operation: 'select', table, row: table.row } as const;
  const found = keys.length === 0 ? [] : await executor.rows(spec, relatedRows(relation, keys));
  const groups = new Map<unknown, unknown[]>(keys.map((key) => [key, []]));
  for (const row of found) groups.get(row[to])?.push(row);
  for (const row of rows) {
    const group = groups.get(row[from]) ?? [];
    row[name] = many ? group : (group[0] ?? null);
  }
}

function relatedRows({ table, to, order, limit }: Relation, keys: readonly unknown[]): Fragment {
  const list = bindList(table.column(to).facts, keys);
  const sort = orderBy(table, sortKeys(table, order), 'r');
  if (limit === undefined)
    return sql`select ${table.select('r')} from ${table.name} r
      where ${table.reference(to, 'r')} = any(${list}) order by ${sort}`;
  return sql`select r.* from unnest(${list}) as parent(key)
    cross join lateral (
      select ${table.select('r')} from ${table.name} r
      where ${table.reference(to, 'r')} = parent.key order by ${sort} limit ${limit}) r`;
}
