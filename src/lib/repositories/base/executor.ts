import type * as z from 'zod';
import type { Queryable, TransactionSql } from '../../core/database.js';
import { runTransaction, type TransactionOptions } from '../../core/transaction.js';
import { isServerError } from '../../core/to-error.js';
import { monitorQuery, monitorTransaction, type Operation, type QueryHooks } from './monitor.js';
import { RepositoryError, toRepositoryError } from './repository-error.js';
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
    const rows = await this.#send(spec, statement);
    return parseRows(spec, camelRows(rows));
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
    return monitorQuery(this.hooks, labels(spec), async () => (await this.#query(statement)).count);
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

  #send(spec: QuerySpec<unknown>, statement: Fragment): Promise<RawRows> {
    if (this.hooks.onQuery === undefined) return this.#query(statement);
    return monitorQuery(this.hooks, labels(spec), () => this.#query(statement));
  }

  async #query({ text, values }: Fragment): Promise<RawRows> {
    try {
      return await this.db.unsafe<RawRow[]>(text, values as Parameter[] as never[], PREPARED);
    } catch (error) {
      throw toRepositoryError(error);
    }
  }
}

function labels({ operation, table, method }: QuerySpec<unknown>) {
  return { operation, table: table.label, method };
}

type Rename = readonly (readonly [from: string, to: string])[];

/** By the columns of a result, which are the same object each time a prepared statement runs. */
const renames = new WeakMap<object, Rename | 'none'>();

function camelRows(rows: RawRows): readonly RawRow[] {
  const { columns } = rows;
  if (columns === undefined) return rows;
  const rename = renames.get(columns) ?? renameOf(columns);
  renames.set(columns, rename);
  if (rename === 'none') return rows;
  return rows.map((row) => Object.fromEntries(rename.map(([from, to]) => [to, row[from]])));
}

function renameOf(columns: readonly { readonly name: string }[]): Rename | 'none' {
  if (!columns.some(({ name }) => name.includes('_'))) return 'none';
  return columns.map(({ name }) => [name, toCamelCase(name)]);
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
