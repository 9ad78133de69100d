import { quoteIdentifier, type TransactionSql } from '../core/database.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/**
 * Moves the sequences of loaded columns past the largest value, so that the next default does not collide. A sequence that
 * is further on stays where it is.
 */
export async function moveSequences(
  sql: TransactionSql,
  table: TargetTable,
  columns: readonly TargetColumn[],
): Promise<{ readonly sequence: string; readonly value: string }[]> {
  const moved = [];
  for (const { name, sequence } of columns) {
    if (sequence === null) continue;
    const [row] = await sql.unsafe<{ value: string | null }[]>(
      `select case when s.increment_by > 0 and m.value > coalesce(s.last_value, s.start_value - 1)
                   then pg_catalog.setval($1::text::regclass, m.value) end::text as value
         from pg_catalog.pg_sequences s,
              (select max(${quoteIdentifier(name)})::bigint as value from ${table.sqlName}) m
        where (pg_catalog.quote_ident(s.schemaname) || '.' || pg_catalog.quote_ident(s.sequencename)) = $1::text`,
      [sequence],
    );
    if (row?.value !== undefined && row.value !== null) moved.push({ sequence, value: row.value });
  }
  return moved;
}
