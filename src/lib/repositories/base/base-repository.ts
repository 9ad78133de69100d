import type { Queryable, TransactionSql } from '../../core/database.js';
import type { TransactionOptions } from '../../core/transaction.js';
import { bulkInsert, type BulkInsertOptions, type RowSource } from './bulk-insert.js';
import { bindList } from './encode.js';
import { Executor, type QuerySpec } from './executor.js';
import { requiredCondition, where, type Filter } from './filter.js';
import { groupByColumns, insertMany, insertOne, insertRow, writtenColumns } from './insert.js';
import { countRows, estimateRows, listByOffset, listRows, streamRows } from './list.js';
import type { Operation, QueryHooks } from './monitor.js';
import type { ListOptions, OffsetOptions, OffsetPage, Page } from './page.js';
import { loadRelations, type Related, type Relations } from './relations.js';
import { RepositoryError } from './repository-error.js';
import { raw, sql, type Fragment } from './sql.js';
import type { NewRow, Patch, Row, Table } from './table.js';
import { idColumn, idReference, rowCondition, selectRow, updateRow, updateSet } from './update.js';
import { onConflictUpdate, type UpsertOptions } from './upsert.js';

const LOCKS = { share: ' for share', update: ' for update', skip: ' for update skip locked' } as const;

function lockOf({ lock }: FindOptions<unknown>): string {
  return lock === undefined ? '' : LOCKS[lock];
}

export interface FindOptions<Names> {
  /** Relations to load along, one query each. */
  readonly with?: readonly Names[];
  /** Locks the row until the transaction ends; `skip` finds nothing when another transaction has it. */
  readonly lock?: keyof typeof LOCKS;
}

export interface RepositoryOptions<Rels extends Relations> {
  readonly relations?: Rels;
  readonly hooks?: QueryHooks | undefined;
}

type Values = Readonly<Record<string, unknown>>;
// A repository of rows alone knows no relation's name, and the empty object says so.
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type
type NoRelations = Pick<Relations, never>;

/**
 * The rows of one table: found, listed, written. Works alike on a pool, a reserved connection and in a transaction.
 * Every method throws RepositoryError for what the database refuses, BkDbError for everything else that fails.
 */
export class BaseRepository<T extends Table, Rels extends Relations = NoRelations> {
  readonly table: T;
  protected readonly executor: Executor;
  protected readonly relations: Rels;

  constructor(db: Queryable, table: T, options: RepositoryOptions<Rels> = {}) {
    this.table = table;
    this.executor = new Executor(db, options.hooks);
    this.relations = options.relations ?? ({} as Rels);
  }

  /** Where measurements go. */
  get hooks(): QueryHooks {
    return this.executor.hooks;
  }

  /** The same repository on another connection, such as a transaction. */
  with(db: Queryable): this {
    return this.onExecutor(this.executor.on(db));
  }

  /**
   * Runs the work in one transaction, from the start again (3 times at most) on a serialization failure or deadlock.
   * Inside a transaction it is a savepoint. The work must have no side effects outside.
   */
  async transaction<Result>(
    work: (repository: this, transaction: TransactionSql) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result> {
    return this.executor.transaction(
      (executor, transaction) => work(this.onExecutor(executor), transaction),
      options,
    );
  }

  /** The row with this id, undefined when there is none. */
  async find<Names extends keyof Rels & string = never>(
    id: string,
    options: FindOptions<Names> = {},
  ): Promise<(Row<T> & Related<Rels, Names>) | undefined> {
    return this.findById('find', id, options);
  }

  /** The row with this id. @throws RepositoryError NotFound. */
  async get<Names extends keyof Rels & string = never>(
    id: string,
    options: FindOptions<Names> = {},
  ): Promise<Row<T> & Related<Rels, Names>> {
    const row = await this.findById('get', id, options);
    return row ?? this.refuseMissing(id);
  }

  /** The first row that matches, in no order; undefined when there is none. */
  async findOne<Names extends keyof Rels & string = never>(
    filter: Filter<Row<T>>,
    options: FindOptions<Names> = {},
  ): Promise<(Row<T> & Related<Rels, Names>) | undefined> {
    const { table } = this;
    const condition = where(table, filter);
    const statement = sql`select ${table.select()} from ${table.name}${condition} limit 1${raw(lockOf(options))}`;
    return this.findBy('findOne', statement, options);
  }

  /** The rows with these ids in the order of the ids; those that do not exist are left out. */
  async findMany(ids: readonly string[]): Promise<Row<T>[]> {
    const { table } = this;
    const list = bindList(table.column(idColumn(table)).facts, ids);
    return this.rows(
      'findMany',
      'select',
      sql`select ${table.select('r')} from unnest(${list}) with ordinality as wanted(id, n)
        join ${table.name} r on ${idReference(table, 'r')} = wanted.id order by wanted.n`,
    );
  }

  /** The rows with these ids in the order of the ids. @throws RepositoryError NotFound naming the first missing. */
  async getMany(ids: readonly string[]): Promise<Row<T>[]> {
    const rows = await this.findMany(ids);
    if (rows.length === ids.length) return rows;
    const found = new Set(rows.map((row) => (row as Values)[idColumn(this.table)]));
    return this.refuseMissing(ids.find((id) => !found.has(id)) ?? '');
  }

  /** A page of the matching rows, by keyset: give its `next` as `after` to get the following one. */
  async list(options: ListOptions<Row<T>> = {}): Promise<Page<Row<T>>> {
    return listRows(this.executor, { method: 'list', table: this.table }, options);
  }

  /** A page by number, for interfaces that need page numbers. */
  async listByOffset(options: OffsetOptions<Row<T>> = {}): Promise<OffsetPage<Row<T>>> {
    return listByOffset(this.executor, this.table, options);
  }

  /** All matching rows in batches (`limit` rows each). Inside a repeatable-read transaction it is one snapshot. */
  stream(options: ListOptions<Row<T>> = {}): AsyncGenerator<Row<T>[]> {
    return streamRows(this.executor, { method: 'stream', table: this.table }, { limit: 1000, ...options });
  }

  /** The number of matching rows; with `estimate` the planner's guess, which takes no time. */
  async count(filter?: Filter<Row<T>>, { estimate = false } = {}): Promise<number> {
    const counted = estimate ? estimateRows : countRows;
    return counted(this.executor, this.table, filter);
  }

  /** Whether any row matches. */
  async exists(filter: Filter<Row<T>>): Promise<boolean> {
    const found = await this.executor.first<{ readonly found: boolean }>(
      this.spec('exists', 'select'),
      sql`select exists (select from ${this.table.name}${where(this.table, filter)}) as found`,
    );
    return found?.found ?? false;
  }

  /** Inserts a row and returns it as stored. */
  async create(values: NewRow<T>): Promise<Row<T>> {
    return this.single('create', 'insert', insertRow(this.table, values));
  }

  /** Inserts rows and returns them as stored, in their order: all or none. */
  async createMany(values: readonly NewRow<T>[]): Promise<Row<T>[]> {
    const rows = values as readonly Values[];
    const groups = groupByColumns(this.table, rows);
    const insert = async (repository: this): Promise<Row<T>[]> => {
      const created: Row<T>[] = [];
      for (const { columns, places } of groups) {
        const group = places.map((place) => rows[place] ?? {});
        const statement = sql`${insertMany(this.table, columns, group)} returning ${this.table.select()}`;
        const stored = await repository.rows('createMany', 'insert', statement);
        stored.forEach((row, index) => (created[places[index] ?? index] = row));
      }
      return created;
    };
    return groups.length > 1 ? this.transaction(insert) : insert(this);
  }

  /** Inserts any number of rows, by unnest or COPY, in one transaction; returns how many are new. */
  async bulkInsert(rows: RowSource<NewRow<T>>, options: BulkInsertOptions = {}): Promise<number> {
    return bulkInsert(this.executor, this.table, { rows: rows as RowSource<Values>, ...options });
  }

  /** Inserts the row, or changes the one with the same key. A row that says the same already is not written again. */
  async upsert(values: NewRow<T>, options: UpsertOptions<Row<T>>): Promise<Row<T>> {
    const { table } = this;
    const written = writtenColumns(table, values);
    const conflict = onConflictUpdate(table, written, options as UpsertOptions<Record<string, unknown>>);
    const insert = insertOne(table, values);
    const [row] = await this.rows('upsert', 'insert', sql`${insert}${conflict} returning ${table.select()}`);
    if (row !== undefined) return row;
    const key = options.conflict.map((name) => [name, (values as Values)[name]]);
    const unchanged = await this.findOne(Object.fromEntries(key) as Filter<Row<T>>);
    return unchanged ?? this.refuseMissing(key.map(([name]) => String(name)).join(', '));
  }

  /** Upserts rows, which must all give the same columns; returns how many were inserted or changed. */
  async upsertMany(values: readonly NewRow<T>[], options: UpsertOptions<Row<T>>): Promise<number> {
    const rows = values as readonly Values[];
    const groups = groupByColumns(this.table, rows);
    return this.executor.transaction(async (executor) => {
      let changed = 0;
      for (const { columns, places } of groups) {
        const group = places.map((place) => rows[place] ?? {});
        const conflict = onConflictUpdate(
          this.table,
          columns,
          options as UpsertOptions<Record<string, unknown>>,
        );
        const statement = sql`${insertMany(this.table, columns, group)}${conflict}`;
        changed += await executor.run(this.spec('upsertMany', 'insert'), statement);
      }
      return changed;
    });
  }

  /**
   * Changes a row and returns it as stored.
   * @throws RepositoryError NotFound; StaleVersion when its `rowVersion` is not the expected one.
   */
  async update(
    id: string,
    patch: Patch<T>,
    { expectedVersion }: { readonly expectedVersion?: string | bigint } = {},
  ): Promise<Row<T>> {
    const { table } = this;
    const [row] = await this.rows('update', 'update', updateRow(table, patch, { id, expectedVersion }));
    if (row !== undefined) return row;
    if (expectedVersion === undefined || (await this.find(id)) === undefined) return this.refuseMissing(id);
    throw new RepositoryError(
      'StaleVersion',
      `${table.label} ${id} has changed since version ${expectedVersion}`,
    );
  }

  /** Changes every matching row; returns how many. An empty filter is refused. */
  async updateWhere(filter: Filter<Row<T>>, patch: Patch<T>): Promise<number> {
    const set = updateSet(this.table, patch);
    const condition = requiredCondition(this.table, filter);
    return this.executor.run(this.spec('updateWhere', 'update'), sql`${set} where ${condition}`);
  }

  /** Deletes a row; false when there was none. */
  async delete(id: string): Promise<boolean> {
    const condition = rowCondition(this.table, id);
    const statement = sql`delete from ${this.table.name} where ${condition}`;
    return (await this.executor.run(this.spec('delete', 'delete'), statement)) > 0;
  }

  /** Deletes every matching row; returns how many. An empty filter is refused. */
  async deleteWhere(filter: Filter<Row<T>>): Promise<number> {
    const condition = requiredCondition(this.table, filter);
    const statement = sql`delete from ${this.table.name} where ${condition}`;
    return this.executor.run(this.spec('deleteWhere', 'delete'), statement);
  }

  /** Adds relations to rows that were read before: one query each, whatever the number of rows. */
  async loadRelations<R extends Row<T>, Names extends keyof Rels & string>(
    rows: readonly R[],
    names: readonly Names[],
  ): Promise<(R & Related<Rels, Names>)[]> {
    return loadRelations(this.executor, this.relations, { rows: rows, names });
  }

  /** Rows of this table that a statement returns with `table.select()`. */
  protected rows(method: string, operation: Operation, statement: Fragment): Promise<Row<T>[]> {
    const { table } = this;
    return this.executor.rows({ method, operation, table, row: table.row }, statement) as Promise<Row<T>[]>;
  }

  private async single(method: string, operation: Operation, statement: Fragment): Promise<Row<T>> {
    const [row] = await this.rows(method, operation, statement);
    return row ?? this.refuseMissing('');
  }

  private findById<Names extends keyof Rels & string>(
    method: string,
    id: string,
    options: FindOptions<Names>,
  ): Promise<(Row<T> & Related<Rels, Names>) | undefined> {
    return this.findBy(method, selectRow(this.table, id, lockOf(options)), options);
  }

  private async findBy<Names extends keyof Rels & string>(
    method: string,
    statement: Fragment,
    { with: names = [] }: FindOptions<Names>,
  ): Promise<(Row<T> & Related<Rels, Names>) | undefined> {
    const rows = await this.rows(method, 'select', statement);
    if (names.length === 0) return rows[0] as (Row<T> & Related<Rels, Names>) | undefined;
    const [row] = await this.loadRelations(rows, names);
    return row;
  }

  private refuseMissing(id: string): never {
    throw new RepositoryError('NotFound', `there is no row ${id} in ${this.table.label}`);
  }

  private spec<R>(method: string, operation: Operation): QuerySpec<R> {
    return { method, operation, table: this.table };
  }

  private onExecutor(executor: Executor): this {
    return Object.create(Object.getPrototypeOf(this) as object, {
      ...Object.getOwnPropertyDescriptors(this),
      executor: { value: executor, enumerable: true },
    }) as this;
  }
}
