import type { TransactionSql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { copyRows, readColumnKinds, type ColumnKinds } from './copy-rows.js';
import type { DomainSeed, Row, RowWriter } from './fixtures.js';

/** From so many rows on a table is loaded through COPY: a bound value holds them all once more as JSON. */
const COPY_FROM = 500;

/** A writer whose statements carry all their rows at once; the table gives them their types. */
export function createRowWriter(sql: TransactionSql, { tables }: DomainSeed): RowWriter {
  const kinds = new Map<string, ColumnKinds>();
  const kindsOf = async (table: string) => {
    const known = kinds.get(table) ?? (await readColumnKinds(sql, table));
    kinds.set(table, known);
    return known;
  };
  return {
    sql,
    insert: async (table, rows = []) =>
      rows.length < COPY_FROM
        ? insertRows(sql, table, rows)
        : copyRows(sql, { table, kinds: await kindsOf(table) }, rows),
    update: (table, columns, rows) => updateRows(sql, { table, key: tables[table] ?? [], columns }, rows),
  };
}

async function insertRows(sql: TransactionSql, table: string, rows: readonly Row[]): Promise<void> {
  if (rows[0] === undefined) return;
  const columns = Object.keys(rows[0]);
  await sql`
    insert into ${sql(table)} (${sql(columns)})
    select ${sql(columns)}
      from pg_catalog.jsonb_populate_recordset(null::${sql(table)}, ${sql.json(asJson(rows))})`;
}

interface Update {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

async function updateRows(
  sql: TransactionSql,
  { table, key, columns }: Update,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const of = (alias: string, names: readonly string[]) => sql(names.map((name) => `${alias}.${name}`));
  const result = await sql`
    update ${sql(table)} t
       set (${sql([...columns])}) = row (${of('n', columns)})
      from pg_catalog.jsonb_populate_recordset(null::${sql(table)}, ${sql.json(asJson(rows))}) n
     where (${of('t', key)}) = (${of('n', key)})`;
  if (result.count !== rows.length)
    throw new BkDbError('INTERNAL', `seeding ${table} moved ${result.count} rows instead of ${rows.length}`);
}

/** postgres.js types JSON values without Date, which JSON.stringify writes as ISO 8601. */
function asJson(rows: readonly Row[]): never {
  return rows as never;
}
