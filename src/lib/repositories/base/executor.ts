import type * as z from 'zod';
import type { Queryable, TransactionSql } from '../../core/database.js';
import { runTransaction, type TransactionOptions } from '../../core/transaction.js';
import { isServerError } from '../../core/to-error.js';
import { monitorTransaction, queryEvent, type Operation, type QueryHooks } from './monitor.js';
import { RepositoryError, toRepositoryError } from './repository-error.js';
import { rowGuard } from './row-guard.js';
import type { Fragment, Parameter } from './sql.js';
import { toCamelCase, type Table } from './table.js';

/** What a query is called in metrics, and the shape of its rows. */
export interface QuerySpec<R> {
  readonly method: string;
  readonly operation: Operation;
  readonly table: Pick<Table, 'label'>;
  /** Rows are parsed by it. Without it they are handed out as the driver gave them: for bulk paths. */
  readonly row?: z.ZodType<R>;
}

type RawRow = Record<string, unknown>;

interface RawRows extends ReadonlyArray<RawRow> {
  readonly count: number;
  readonly columns?: readonly { readonly name: string }[];
}

/** Not the simple protocol, which postgres.js takes for statements without parameters: it cannot be prepared. */
const PREPARED = { prepare: true, simple: false };

/** Runs statements on a pool, a reserved connection or a transaction: measured, with errors in the domain's words. */
export class Executor {
  readonly db: Queryable;
  readonly hooks: QueryHooks;

  constructor(db: Queryable, hooks: QueryHooks = {}) {
    this.db = db;
    this.hooks = hooks;
  }

  /** The same on another connection. */
  on(db: Queryable): Executor {
    return new Executor(db, this.hooks);
  }

  /** Every row. Columns that the statement leaves in snake_case come back in camelCase. */
  async rows<R>(spec: QuerySpec<R>, statement: Fragment): Promise<R[]> {
    const found = await this.#query(spec, statement);
    const rows = camelRows(found);
    const guard = spec.row === undefined ? undefined : rowGuard(spec.row);
    return guard !== undefined && found.columns?.length === guard.columns && rows.every(guard.accepts)
      ? (Array.from(rows) as R[])
      : parseRows(spec, rows);
  }

  /** The first row, undefined when there is none. */
  async first<R>(spec: QuerySpec<R>, statement: Fragment): Promise<R | undefined> {
    const [row] = await this.rows(spec, statement);
    return row;
  }

  /** The only row of a statement that always gives one, such as an aggregate. */
  async one<R>(spec: QuerySpec<R>, statement: Fragment): Promise<R> {
    const row = await this.first(spec, statement);
    if (row === undefined)
      throw new RepositoryError('UnexpectedRow', `${spec.method} got no row from ${spec.table.label}`);
    return row;
  }

  /** The number of rows the statement has touched. */
  async run(spec: QuerySpec<unknown>, statement: Fragment): Promise<number> {
    return (await this.#query(spec, statement)).count;
  }

  /**
   * Runs the work in a transaction (in a savepoint when there is one already), again when the server asks for it.
   * @throws RepositoryError also for what the server refuses at commit.
   */
  async transaction<Result>(
    work: (executor: Executor, transaction: TransactionSql) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> {
    let failure: unknown;
    const run = async (transaction: TransactionSql) => {
      try {
        return await work(this.on(transaction), transaction);
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    try {
      return await monitorTransaction(this.hooks, (onRetry) =>
        runTransaction(this.db, run, { onRetry, ...options }),
      );
    } catch (error) {
      // What the caller's own code threw is the caller's.
      throw error === failure && !isServerError(error) ? error : toRepositoryError(error);
    }
  }

  /** Timed here and not by `monitorQuery`: one promise less for each statement. */
  async #query(spec: QuerySpec<unknown>, { text, values }: Fragment): Promise<RawRows> {
    const { onQuery } = this.hooks;
    const start = onQuery === undefined ? 0 : performance.now();
    try {
      const rows: RawRows = await this.db.unsafe<RawRow[]>(text, values as Parameter[] as never[], PREPARED);
      const { operation, table, method } = spec;
      onQuery?.({ operation, table: table.label, method, ms: performance.now() - start, rows: rows.count });
      return rows;
    } catch (cause) {
      const error = toRepositoryError(cause);
      const { operation, table, method } = spec;
      onQuery?.(queryEvent({ operation, table: table.label, method }, { start, rows: 0, error }));
      throw error;
    }
  }
}

type Rename = readonly (readonly [from: string, to: string])[];

/** By the columns of a result, which are the same object each time a prepared statement runs. */
const renames = new WeakMap<object, Rename | 'none'>();

function camelRows(rows: RawRows): readonly RawRow[] {
  const { columns } = rows;
  if (columns === undefined) return rows;
  const rename = renames.get(columns) ?? remember(columns);
  if (rename === 'none') return rows;
  return rows.map((row) => Object.fromEntries(rename.map(([from, to]) => [to, row[from]])));
}

function remember(columns: readonly { readonly name: string }[]): Rename | 'none' {
  const rename = columns.some(({ name }) => name.includes('_'))
    ? columns.map(({ name }) => [name, toCamelCase(name)] as const)
    : 'none';
  renames.set(columns, rename);
  return rename;
}

/** The rows as their schema has them. @throws RepositoryError UnexpectedRow when the database has another shape. */
export function parseRows<R>({ row: schema, table }: QuerySpec<R>, rows: readonly RawRow[]): R[] {
  if (schema === undefined) return Array.from(rows) as R[];
  return rows.map((row) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new RepositoryError(
      'UnexpectedRow',
      `a row of ${table.label} does not have the expected shape: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  });
}
