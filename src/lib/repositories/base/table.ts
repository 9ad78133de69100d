import * as z from 'zod';
import { quoteIdentifier, quoteQualified } from '../../core/database.js';
import type { Column } from './column.js';
import type { Order } from './order.js';
import { RepositoryError } from './repository-error.js';
import { Fragment, raw, type Parameter } from './sql.js';

export type Columns = Readonly<Record<string, Column>>;

type Simplify<T> = { [K in keyof T]: T[K] } & {};
type ValueOf<C> = C extends Column<infer Value> ? Value : never;
type InputOf<C> = ValueOf<C> extends infer Value ? (Value extends Date ? Date | string : Value) : never;
type KeysCreated<C extends Columns, Mode> = {
  [K in keyof C]: C[K]['modes']['create'] extends Mode ? K : never;
}[keyof C];
type KeysPatched<C extends Columns> = {
  [K in keyof C]: C[K]['modes']['patchable'] extends true ? K : never;
}[keyof C];

/** A row as read. */
export type Row<T> = T extends Table<infer C> ? { readonly [K in keyof C]: ValueOf<C[K]> } : never;
/** What a new row gives: columns with a default or that may be null can be left out. */
export type NewRow<T> =
  T extends Table<infer C>
    ? Simplify<
        { readonly [K in KeysCreated<C, 'required'>]: InputOf<C[K]> } & {
          readonly [K in KeysCreated<C, 'optional'>]?: InputOf<C[K]>;
        }
      >
    : never;
/** What an update may set. */
export type Patch<T> = T extends Table<infer C> ? { readonly [K in KeysPatched<C>]?: InputOf<C[K]> } : never;

export interface TableOptions<C extends Columns> {
  /** The primary key; `['id']` unless given. */
  readonly key?: readonly (keyof C & string)[];
  /** How pages are ordered when the caller does not say; by the key unless given. */
  readonly order?: Order<{ readonly [K in keyof C]: unknown }>;
}

/** A table: the only source of the names that reach SQL. Callers' column names are looked up in it. */
export class Table<C extends Columns = Columns> {
  /** `schema.name`, for people and metrics. */
  readonly label: string;
  readonly columns: C;
  /** The columns' names in their order. */
  readonly names: readonly string[];
  // Names as plain strings: typed by C they would make tables invariant, and none would pass as a Table.
  readonly key: readonly string[];
  readonly order: Order<Record<string, unknown>>;
  /** The shape of a row. */
  readonly row: z.ZodType<{ readonly [K in keyof C]: ValueOf<C[K]> }>;
  /** The quoted, qualified name. */
  readonly name: Fragment;
  readonly #references = new Map<string, Fragment>();
  readonly #selections = new Map<string, Fragment>();
  readonly #statements = new Map<string, readonly string[]>();

  constructor(label: string, columns: C, options: TableOptions<C> = {}) {
    const [schema = '', name = ''] = label.split('.');
    this.label = label;
    this.columns = columns;
    this.names = Object.keys(columns);
    this.key = options.key ?? ['id'];
    this.order = options.order ?? this.key.map((column) => [column, 'asc'] as const);
    this.name = raw(quoteQualified(schema, name));
    const shape = Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, column.schema]));
    this.row = z.object(shape) as unknown as typeof this.row;
  }

  /** The definition of a column; @throws RepositoryError BadValue for a name the table does not have. */
  column(name: string): Column {
    const column = Object.hasOwn(this.columns, name) ? this.columns[name] : undefined;
    if (column === undefined) throw new RepositoryError('BadValue', `${this.label} has no column ${name}`);
    return column;
  }

  /** A column's quoted name in SQL, optionally of an alias; the name is looked up first. */
  reference(name: string, alias?: string): Fragment {
    const key = alias === undefined ? name : `${alias}.${name}`;
    const known = this.#references.get(key);
    if (known !== undefined) return known;
    this.column(name);
    const quoted = quoteIdentifier(toSnakeCase(name));
    const reference = raw(alias === undefined ? quoted : `${alias}.${quoted}`);
    this.#references.set(key, reference);
    return reference;
  }

  /**
   * The select list that gives rows of this table: `r."request_key" as "requestKey", ...`.
   * Naming the columns here, not in the driver, keeps the keys inside jsonb as they are, on any client.
   */
  select(alias?: string): Fragment {
    const known = this.#selections.get(alias ?? '');
    if (known !== undefined) return known;
    const list = Object.entries(this.columns).map(([name, { facts }]) => {
      const [reference = ''] = this.reference(name, alias).strings;
      // A client that connected before an enum type was made gives its arrays as text.
      const cast = facts.isArray === true ? '::text[]' : '';
      return `${reference}${cast} as ${quoteIdentifier(name)}`;
    });
    const selection = raw(list.join(', '));
    this.#selections.set(alias ?? '', selection);
    return selection;
  }

  /**
   * A statement whose text follows from the key alone: written the first time, later only given its values, because
   * writing it costs as much as everything else that happens to a single row here.
   */
  statement(key: string, values: readonly Parameter[], write: () => Fragment): Fragment {
    const known = this.#statements.get(key);
    if (known !== undefined) return new Fragment(known, values);
    const { strings } = write();
    if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
    this.#statements.set(key, strings);
    return new Fragment(strings, values);
  }
}

/** More than any program writes by hand; one that makes up its column lists does not fill the memory. */
const MOST_STATEMENTS = 500;

/** Declares a table: `schema.name`, its columns by camelCase name, its key and usual order. */
export function defineTable<C extends Columns>(
  label: string,
  columns: C,
  options: TableOptions<C> = {},
): Table<C> {
  return new Table(label, columns, options);
}

/** `requestKey` -> `request_key`. */
function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `request_key` -> `requestKey`. */
export function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
