import { copyIn } from '../core/copy-in.js';
import { quoteIdentifier, quoteQualified, type TransactionSql } from '../core/database.js';
import { arrayText, copyField } from '../core/text-format.js';
import type { Row } from './fixtures.js';

/** How a column's values are written; the server reads all others from their plain text. */
type ColumnKind = 'plain' | 'json' | 'array';

/** The kinds of a table's columns by name. */
export type ColumnKinds = ReadonlyMap<string, ColumnKind>;

export async function readColumnKinds(sql: TransactionSql, table: string): Promise<ColumnKinds> {
  const columns = await sql<{ name: string; kind: ColumnKind }[]>`
    select a.attname as name,
           case when t.typname in ('json', 'jsonb') then 'json' when t.typcategory = 'A' then 'array' else 'plain' end as kind
      from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
     where a.attrelid = ${table}::text::regclass and a.attnum > 0 and not a.attisdropped`;
  return new Map(columns.map(({ name, kind }) => [name, kind]));
}

/** Loads rows that have the same columns through COPY; triggers and constraints see each of them as with INSERT. */
export async function copyRows(
  sql: TransactionSql,
  { table, kinds }: { readonly table: string; readonly kinds: ColumnKinds },
  rows: readonly Row[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const [schema = '', name = ''] = table.split('.');
  const list = columns.map(quoteIdentifier).join(', ');
  await copyIn(sql, `copy ${quoteQualified(schema, name)} (${list}) from stdin`, lines(rows, columns, kinds));
}

function* lines(rows: readonly Row[], columns: readonly string[], kinds: ColumnKinds): Generator<string> {
  let chunk = '';
  for (const row of rows) {
    chunk += `${columns.map((column) => copyField(textOf(row[column], kinds.get(column)))).join('\t')}\n`;
    if (chunk.length < 65_536) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

function textOf(value: unknown, kind: ColumnKind | undefined): string | null {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return JSON.stringify(value);
  if (kind === 'array' && Array.isArray(value)) return arrayText(value.map((item) => textOf(item, 'plain')));
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}
