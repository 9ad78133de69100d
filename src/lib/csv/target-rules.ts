import { quoteIdentifier, type Queryable } from '../core/database.js';
import { filled, NUMBERED, type LoadPlan } from './load-statements.js';

interface Rules {
  readonly notNull: readonly string[];
  /** Conditions as the catalogue writes them. */
  readonly checks: readonly string[];
  readonly unique: readonly (readonly string[])[];
  readonly references: readonly Reference[];
}

interface Reference {
  readonly columns: readonly string[];
  /** The table referred to, quoted. */
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

/**
 * The query that finds, in the numbered stage, the rows which the target's rules would refuse: one look at a whole batch
 * where COPY would name one row each time it fails. It only suspects them; the server judges them one by one.
 * Rules over columns that the file does not fill are left to that judgement.
 */
export async function suspectQuery(sql: Queryable, plan: LoadPlan): Promise<string> {
  const rules = await readRules(sql, plan);
  const names = filled(plan).map(({ column, index }) => `c${index} as ${quoteIdentifier(column.name)}`);
  const ranks = rules.unique.map(
    (key, n) =>
      `row_number() over (partition by ${key.map(quoteIdentifier).join(', ')} order by "bk_db_n") as "bk_db_r${n}"`,
  );
  const conditions = [
    ...rules.notNull.map((name) => `s.${quoteIdentifier(name)} is null`),
    ...rules.checks.map((check) => `not coalesce((${check}), true)`),
    ...rules.unique.map((key, n) => isTaken(plan, key, n)),
    ...rules.references.map(isOrphan),
  ];
  return `select s."bk_db_n" as n
    from (select *${ranks.map((rank) => `, ${rank}`).join('')} from (select n as "bk_db_n", ${names.join(', ')} from ${NUMBERED}) r) s
   where ${conditions.length === 0 ? 'false' : conditions.join('\n      or ')}`;
}

function isTaken({ table }: LoadPlan, key: readonly string[], n: number): string {
  const same = key.map((name) => `t.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`);
  const known = key.map((name) => `s.${quoteIdentifier(name)} is not null`).join(' and ');
  return `${known} and (s."bk_db_r${n}" > 1 or ${found(`${table.sqlName} t where ${same.join(' and ')}`)})`;
}

function isOrphan({ columns, parent, parentColumns }: Reference): string {
  const same = columns.map(
    (name, n) => `p.${quoteIdentifier(parentColumns[n] ?? '')} = s.${quoteIdentifier(name)}`,
  );
  const known = columns.map((name) => `s.${quoteIdentifier(name)} is not null`).join(' and ');
  return `${known} and not ${found(`${parent} p where ${same.join(' and ')}`)}`;
}

/** Not EXISTS, which among other conditions reads the whole table into a hash, once for each batch. */
function found(source: string): string {
  return `coalesce((select true from ${source} limit 1), false)`;
}

async function readRules(sql: Queryable, plan: LoadPlan): Promise<Rules> {
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
           coalesce((select pg_catalog.json_agg(pg_catalog.pg_get_expr(conbin, conrelid)) from constraints
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
