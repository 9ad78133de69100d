import { quoteIdentifier, type Queryable } from '../core/database.js';
import { filled, type LoadPlan } from './load-statements.js';
import type { TargetColumn } from './target-table.js';

/** What a table demands of its rows. */
export interface Rules {
  readonly notNull: readonly string[];
  readonly checks: readonly Check[];
  readonly unique: readonly (readonly string[])[];
  readonly references: readonly Reference[];
}

/** A condition as the catalogue writes it, and the columns that it speaks of. */
interface Check {
  readonly condition: string;
  readonly columns: readonly string[];
}

/** A foreign key. */
export interface Reference {
  readonly columns: readonly string[];
  /** The table referred to, quoted. */
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

/**
 * The query that finds, among rows given as one array of texts for each of the columns ($1, $2, ..., each written as a text), those which the
 * target's conditions and unique keys would refuse; undefined when there is nothing to ask. It only suspects them.
 */
export function suspectQuery(
  plan: LoadPlan,
  { checks, unique }: Pick<Rules, 'checks' | 'unique'>,
  columns: readonly TargetColumn[],
): string | undefined {
  const ranks = unique.map(
    (key, n) =>
      `row_number() over (partition by ${key.map(quoteIdentifier).join(', ')} order by "bk_db_n") as "bk_db_r${n}"`,
  );
  const conditions = [
    ...checks.map(({ condition }) => `not coalesce((${condition}), true)`),
    ...unique.map((key, n) => isTaken(plan, key, n)),
  ];
  if (conditions.length === 0) return undefined;
  return `select s."bk_db_n"::int as n
    from (select *${ranks.map((rank) => `, ${rank}`).join('')} from (${given(columns)}) r) s
   where ${conditions.join('\n      or ')}`;
}

/** The query that finds, among tuples given likewise, those that the table referred to does not have. */
export function orphanQuery({ parent, parentColumns }: Reference, columns: readonly TargetColumn[]): string {
  const same = columns.map(
    ({ name }, n) => `p.${quoteIdentifier(parentColumns[n] ?? '')} = s.${quoteIdentifier(name)}`,
  );
  return `select s."bk_db_n"::int as n from (${given(columns)}) s where not ${found(`${parent} p where ${same.join(' and ')}`)}`;
}

/** Rows from arrays of texts, numbered from 1, as COPY would read them. */
function given(columns: readonly TargetColumn[]): string {
  const names = columns.map((_, n) => `c${n}`);
  const values = columns.map(({ name, fullType }, n) => `, (c${n})::${fullType} as ${quoteIdentifier(name)}`);
  const arrays = columns.map((_, n) => `($${n + 1}::text)::text[]`);
  return `select "bk_db_n"${values.join('')} from unnest(${arrays.join(', ')}) with ordinality u(${[...names, '"bk_db_n"'].join(', ')})`;
}

function isTaken({ table }: LoadPlan, key: readonly string[], n: number): string {
  const same = key.map((name) => `t.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`);
  const known = key.map((name) => `s.${quoteIdentifier(name)} is not null`).join(' and ');
  return `${known} and (s."bk_db_r${n}" > 1 or ${found(`${table.sqlName} t where ${same.join(' and ')}`)})`;
}

/** Not EXISTS, which among other conditions reads the whole table into a hash, once for each batch. */
function found(source: string): string {
  return `coalesce((select true from ${source} limit 1), false)`;
}

/**
 * The rules of the target that only concern columns which the file fills. The others are left to the server's judgement,
 * row by row.
 */
export async function readRules(sql: Queryable, plan: LoadPlan): Promise<Rules> {
  const names = filled(plan).map(({ column }) => column.name);
  const [rules] = await sql<[Rules]>`
    with target as (select ${plan.table.sqlName}::text::regclass as oid), given as (
      select a.attnum, a.attname, a.attnotnull
        from pg_catalog.pg_attribute a join target t on t.oid = a.attrelid
       where a.attname = any(${names}::text[])
    ), constraints as (
      select c.*, (select pg_catalog.array_agg(a.attname::text order by k.n)
                     from pg_catalog.unnest(c.conkey) with ordinality k(attnum, n) join given a on a.attnum = k.attnum) as names
        from pg_catalog.pg_constraint c join target t on t.oid = c.conrelid
    )
    select coalesce((select pg_catalog.json_agg(attname) from given where attnotnull), '[]') as "notNull",
           coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('condition', pg_catalog.pg_get_expr(conbin, conrelid), 'columns', names)) from constraints
                      where contype = 'c' and pg_catalog.cardinality(names) = pg_catalog.cardinality(conkey)), '[]') as checks,
           coalesce((select pg_catalog.json_agg(names) from constraints
                      where contype in ('p', 'u') and pg_catalog.cardinality(names) = pg_catalog.cardinality(conkey)), '[]') as "unique",
           coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object(
                        'columns', names, 'parent', confrelid::regclass::text,
                        'parentColumns', (select pg_catalog.array_agg(a.attname order by k.n)
                                            from pg_catalog.unnest(confkey) with ordinality k(attnum, n)
                                            join pg_catalog.pg_attribute a on a.attrelid = confrelid and a.attnum = k.attnum)))
                       from constraints
                      where contype = 'f' and pg_catalog.cardinality(names) = pg_catalog.cardinality(conkey)), '[]') as references`;
  return rules;
}
