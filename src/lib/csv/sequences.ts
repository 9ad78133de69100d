import { quoteQualified, type TransactionSql } from '../core/database.js';
import type { CsvManifest } from './csv-manifest.js';
import type { SourceTable } from './source-tables.js';

type SequenceState = CsvManifest['sequences'][number];

/** The sequences in the schemas of these tables. */
export async function readSequences(
  sql: TransactionSql,
  tables: readonly SourceTable[],
): Promise<SequenceState[]> {
  const schemas = [...new Set(tables.map(({ schema }) => schema))];
  const names = await sql<{ schema: string; name: string }[]>`
    select n.nspname as schema, c.relname as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'S' and n.nspname = any (${schemas}) order by 1, 2`;
  const sequences: SequenceState[] = [];
  for (const { schema, name } of names) {
    const [state] = await sql.unsafe<{ lastValue: string; isCalled: boolean }[]>(
      `select last_value::text as "lastValue", is_called as "isCalled" from ${quoteQualified(schema, name)}`,
    );
    if (state !== undefined) sequences.push({ schema, name, ...state });
  }
  return sequences;
}

/** Puts the sequences that exist here where they stood; never back. */
export async function setSequences(
  sql: TransactionSql,
  sequences: readonly SequenceState[],
): Promise<number> {
  let count = 0;
  for (const { schema, name, lastValue, isCalled } of sequences) {
    const [found] = await sql<{ found: boolean }[]>`
      select pg_catalog.to_regclass(${quoteQualified(schema, name)}) is not null as found`;
    if (found?.found !== true) continue;
    await sql`select pg_catalog.setval(${quoteQualified(schema, name)}::text::regclass, ${lastValue}::text::bigint, ${isCalled})`;
    count++;
  }
  return count;
}
