import { copyIn } from '../../core/copy-in.js';
import { isServerError, socketFailure } from '../../core/to-error.js';
import { lineWriter } from './copy-text.js';
import type { Executor } from './executor.js';
import { columnList, groupByColumns, insertMany, writtenColumns } from './insert.js';
import { monitorQuery } from './monitor.js';
import { RepositoryError, toRepositoryError } from './repository-error.js';
import { raw, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';
import { ON_CONFLICT_IGNORE } from './upsert.js';

type Values = Readonly<Record<string, unknown>>;
export type RowSource<New> = Iterable<New> | AsyncIterable<New>;

export interface BulkInsertOptions {
  /** `auto`: unnest up to 5,000 rows, COPY beyond. */
  readonly method?: 'auto' | 'copy' | 'unnest';
  /** `ignore` passes over rows that any unique constraint refuses; default `error`. */
  readonly onConflict?: 'error' | 'ignore';
}

/** Where COPY overtakes unnest (bench/repositories). */
const UNNEST_ROWS = 5000;
/** A source that has been read cannot be read again. */
const ONCE = { retries: 0 };
const COPY_CHUNK_CHARACTERS = 64 * 1024;

interface Load {
  readonly table: Table;
  readonly ignore: boolean;
}

/**
 * Inserts many rows in one transaction and returns how many are new. Rows are taken as they come and not kept.
 * @throws RepositoryError; nothing is loaded then.
 */
export async function bulkInsert(
  executor: Executor,
  table: Table,
  { rows, method = 'auto', onConflict = 'error' }: BulkInsertOptions & { readonly rows: RowSource<Values> },
): Promise<number> {
  const load: Load = { table, ignore: onConflict === 'ignore' };
  const batches = inBatches(rows, UNNEST_ROWS);
  try {
    const next = await batches.next();
    if (next.done === true) return 0;
    const first = next.value;
    // A short source is one statement, which needs no transaction around it.
    if (method !== 'copy' && first.length < UNNEST_ROWS && groupByColumns(table, first).length === 1)
      return await unnestRows(executor, load, { columnsOf: {}, batches: chain(first, batches) });
    const copies = method === 'copy' || (method === 'auto' && first.length === UNNEST_ROWS);
    const write = copies ? copyRows : unnestRows;
    return await executor.transaction(
      (inner) => write(inner, load, { columnsOf: first[0] ?? {}, batches: chain(first, batches) }),
      ONCE,
    );
  } finally {
    await batches.return(undefined);
  }
}

interface Source {
  /** The row that decides which columns a COPY has. */
  readonly columnsOf: Values;
  readonly batches: AsyncIterable<readonly Values[]>;
}

async function unnestRows(executor: Executor, { table, ignore }: Load, { batches }: Source): Promise<number> {
  let count = 0;
  for await (const rows of batches)
    for (const { columns, places } of groupByColumns(table, rows)) {
      const group = places.map((place) => rows[place] ?? {});
      const insert = sql`${insertMany(table, columns, group)}${ignore ? ON_CONFLICT_IGNORE : raw('')}`;
      count += await executor.run({ method: 'bulkInsert', operation: 'insert', table }, insert);
    }
  return count;
}

async function copyRows(
  executor: Executor,
  { table, ignore }: Load,
  { columnsOf, batches }: Source,
): Promise<number> {
  const columns = copiedColumns(table, columnsOf);
  const copy: Copy = { table, columns, lines: copyLines(table, columns, batches) };
  if (!ignore) return copyInto(executor, copy, table.name);

  // COPY knows no ON CONFLICT: the rows go through a table that vanishes with the transaction.
  const staging = raw('pg_temp.bk_bulk_insert');
  const spec = { method: 'bulkInsert', operation: 'copy', table } as const;
  const list = columnList(table, columns);
  await executor.run(
    spec,
    sql`create temporary table bk_bulk_insert on commit drop as select ${list} from ${table.name} limit 0`,
  );
  await copyInto(executor, copy, staging);
  const inserted = await executor.run(
    { ...spec, operation: 'insert' },
    sql`insert into ${table.name} (${list}) select ${list} from ${staging}${ON_CONFLICT_IGNORE}`,
  );
  await executor.run(spec, sql`drop table ${staging}`);
  return inserted;
}

interface Copy {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly lines: AsyncIterable<string>;
}

async function copyInto(
  { db, hooks }: Executor,
  { table, columns, lines }: Copy,
  target: Fragment,
): Promise<number> {
  const statement = sql`copy ${target} (${columnList(table, columns)}) from stdin`.text;
  return monitorQuery(hooks, { method: 'bulkInsert', operation: 'copy', table: table.label }, async () => {
    try {
      return await copyIn(db, statement, lines);
    } catch (error) {
      // What the source threw is the caller's.
      throw isServerError(error) || socketFailure(error) !== undefined ? toRepositoryError(error) : error;
    }
  });
}

/** COPY has one list of columns: what the first row writes, and every column that is null when left out. */
function copiedColumns(table: Table, first: Values): readonly string[] {
  const written = new Set(writtenColumns(table, first));
  return Object.entries(table.columns).flatMap(([name, { facts }]) =>
    written.has(name) || (facts.nullable && !facts.hasDefault && facts.create !== 'never') ? [name] : [],
  );
}

async function* copyLines(
  table: Table,
  columns: readonly string[],
  batches: AsyncIterable<readonly Values[]>,
): AsyncIterable<string> {
  const write = lineWriter(table, columns);
  let chunk = '';
  for await (const batch of batches)
    for (const row of batch) {
      chunk += write(row) ?? refuseRow(table, columns, row);
      if (chunk.length < COPY_CHUNK_CHARACTERS) continue;
      yield chunk;
      chunk = '';
    }
  if (chunk !== '') yield chunk;
}

/** Says what is wrong with a row that does not have the columns of the COPY. */
function refuseRow(table: Table, columns: readonly string[], row: Values): never {
  const written = writtenColumns(table, row);
  const extra = written.find((name) => !columns.includes(name));
  const missing = columns.find((name) => !written.includes(name) && table.column(name).facts.hasDefault);
  throw mixedColumns(table, extra ?? missing ?? '');
}

function mixedColumns(table: Table, name: string): RepositoryError {
  return new RepositoryError('BadValue', `only some rows of a COPY into ${table.label} give ${name}`, {
    hint: "Give the column in every row or in none, or load with method: 'unnest'.",
  });
}

async function* inBatches<Item>(items: RowSource<Item>, size: number): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = [];
  // Waiting for each of the items that are at hand would cost as much as writing its line.
  if (Symbol.iterator in items) {
    for (const item of items) {
      if (batch.push(item) < size) continue;
      yield batch;
      batch = [];
    }
  } else {
    for await (const item of items) {
      if (batch.push(item) < size) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function* chain<Item>(first: Item, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}
