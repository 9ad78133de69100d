import type { Column } from './column.js';
import { bind, bindList, type ValueType } from './encode.js';
import { RepositoryError } from './repository-error.js';
import { join, raw, sql, type Fragment } from './sql.js';
import type { Table } from './table.js';

/** Comparisons of one column; all of them must hold. `ne` and `notIn` let nulls through. */
export interface Operators<V> {
  readonly eq?: V;
  readonly ne?: V;
  readonly gt?: V;
  readonly gte?: V;
  readonly lt?: V;
  readonly lte?: V;
  readonly in?: readonly V[];
  readonly notIn?: readonly V[];
  /** Both ends included. */
  readonly between?: readonly [V, V];
  /** A pattern with % and _. */
  readonly like?: string;
  readonly ilike?: string;
  /** The text as it stands: % and _ mean themselves. */
  readonly startsWith?: string;
  readonly isNull?: boolean;
  /** jsonb or array: holds all of this. */
  readonly contains?: unknown;
  /** Array: holds any of these. */
  readonly overlaps?: readonly unknown[];
}

/** A value (null: IS NULL), a list (any of them) or operators. Of a JSON column: operators only. */
export type Condition<V> =
  | (V extends Date ? Date | string : V)
  | readonly (V extends Date ? Date | string : V)[]
  | Operators<V extends Date ? Date | string : V>;

/** Which rows: conditions by column, all of which must hold, and combinations of filters. */
export type Filter<R> = { readonly [K in keyof R]?: Condition<R[K]> } & {
  readonly and?: readonly Filter<R>[];
  readonly or?: readonly Filter<R>[];
  readonly not?: Filter<R>;
};

type Write = (reference: Fragment, column: Column, operand: unknown) => Fragment;

const compare =
  (operator: string): Write =>
  (reference, { facts }, operand) =>
    sql`${reference} ${raw(operator)} ${bind(facts, operand)}`;

const pattern =
  (operator: string): Write =>
  (reference, _, operand) =>
    sql`${reference}::text ${raw(operator)} ${bind(TEXT, operand)}`;

const TEXT: ValueType = { pgType: 'text', encoding: 'text' };

const OPERATORS = {
  eq: (reference, column, operand) =>
    operand === null ? sql`${reference} is null` : compare('=')(reference, column, operand),
  ne: compare('is distinct from'),
  gt: compare('>'),
  gte: compare('>='),
  lt: compare('<'),
  lte: compare('<='),
  in: (reference, { facts }, operand) => sql`${reference} = any(${bindList(facts, list(operand))})`,
  notIn: (reference, { facts }, operand) =>
    sql`(${reference} = any(${bindList(facts, list(operand))})) is not true`,
  between: (reference, { facts }, operand) => {
    const [low, high] = list(operand);
    return sql`${reference} between ${bind(facts, low)} and ${bind(facts, high)}`;
  },
  like: pattern('like'),
  ilike: pattern('ilike'),
  startsWith: (reference, _, operand) => sql`starts_with(${reference}::text, ${bind(TEXT, operand)})`,
  isNull: (reference, _, operand) => sql`${reference} is ${raw(operand === false ? 'not null' : 'null')}`,
  contains: compare('@>'),
  overlaps: compare('&&'),
} as const satisfies Record<keyof Operators<unknown>, Write>;

/**
 * The condition of a filter, undefined when it sets none.
 * @throws RepositoryError BadValue for an unknown column or operator, and for `undefined`: it never means "any".
 */
export function filterCondition(
  table: Table,
  filter: Filter<Record<string, unknown>>,
  alias?: string,
): Fragment | undefined {
  const conditions = Object.entries(filter).flatMap(([name, operand]): readonly Fragment[] => {
    if (operand === undefined)
      throw new RepositoryError('BadValue', `the filter on ${table.label} has undefined for ${name}`);
    const combine = Object.hasOwn(COMBINATIONS, name)
      ? COMBINATIONS[name as keyof typeof COMBINATIONS]
      : undefined;
    if (combine !== undefined) return combine(operand, (inner) => filterCondition(table, inner, alias));
    return columnConditions(table.column(name), table.reference(name, alias), operand);
  });
  return conditions.length === 0 ? undefined : join(conditions, ' and ');
}

/** `where ...`, or nothing for an empty filter. */
export function where(table: Table, filter: Filter<Record<string, unknown>> = {}, alias?: string): Fragment {
  const condition = filterCondition(table, filter, alias);
  return condition === undefined ? raw('') : sql` where ${condition}`;
}

/** The condition of a change to many rows. @throws RepositoryError BadValue when it would mean every row. */
export function requiredCondition(table: Table, filter: Filter<Record<string, unknown>>): Fragment {
  const condition = filterCondition(table, filter);
  if (condition === undefined)
    throw new RepositoryError('BadValue', `an empty filter would change every row of ${table.label}`);
  return condition;
}

type Combine = (
  operand: unknown,
  render: (filter: Filter<Record<string, unknown>>) => Fragment | undefined,
) => readonly Fragment[];

const COMBINATIONS = {
  and: (operand, render) =>
    list(operand).flatMap((filter) => {
      const condition = render(filter as Filter<Record<string, unknown>>);
      return condition === undefined ? [] : [sql`(${condition})`];
    }),
  // No alternative holds: an empty list finds nothing. An empty alternative always holds.
  or: (operand, render) => {
    const alternatives = list(operand).map(
      (filter) => sql`(${render(filter as Filter<Record<string, unknown>>) ?? raw('true')})`,
    );
    return [alternatives.length === 0 ? raw('false') : sql`(${join(alternatives, ' or ')})`];
  },
  not: (operand, render) => [
    sql`(${render(operand as Filter<Record<string, unknown>>) ?? raw('true')}) is not true`,
  ],
} as const satisfies Record<string, Combine>;

function columnConditions(column: Column, reference: Fragment, operand: unknown): readonly Fragment[] {
  if (operand === null) return [OPERATORS.eq(reference, column, null)];
  if (Array.isArray(operand))
    return [(column.facts.isArray === true ? OPERATORS.eq : OPERATORS.in)(reference, column, operand)];
  if (!isOperators(operand)) return [OPERATORS.eq(reference, column, operand)];
  return Object.entries(operand).map(([operator, value]) => {
    const write: Write | undefined = Object.hasOwn(OPERATORS, operator)
      ? OPERATORS[operator as keyof typeof OPERATORS]
      : undefined;
    if (write === undefined) throw new RepositoryError('BadValue', `a filter has no operator ${operator}`);
    return write(reference, column, value);
  });
}

function isOperators(operand: unknown): operand is object {
  return typeof operand === 'object' && !(operand instanceof Date) && !(operand instanceof Uint8Array);
}

function list(operand: unknown): readonly unknown[] {
  if (!Array.isArray(operand)) throw new RepositoryError('BadValue', 'a filter expects a list here');
  return operand as readonly unknown[];
}
