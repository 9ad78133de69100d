import { quoteLiteral, type TransactionSql } from '../core/database.js';
import { readCopyStream } from '../core/copy-stream.js';
import type { OutputForm } from './types.js';

/** The CSV of a query as COPY writes it, byte for byte. */
export function copyOut(sql: TransactionSql, query: string, form: OutputForm): AsyncGenerator<Buffer> {
  const { delimiter, quote, escape, header, nullMarker } = form;
  return readCopyStream(
    sql,
    `copy (${query}) to stdout (format csv, encoding 'UTF8', header ${header}, delimiter ${quoteLiteral(delimiter)}, quote ${quoteLiteral(quote)}, escape ${quoteLiteral(escape)}, null ${quoteLiteral(nullMarker)})`,
  );
}

/** What every value's text hangs on, so that two exports of the same rows are the same bytes. */
export async function fixTextForms(sql: TransactionSql): Promise<void> {
  await sql`
    select pg_catalog.set_config(name, value, true)
      from (values ('DateStyle', 'ISO, MDY'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'), ('bytea_output', 'hex'),
                   ('extra_float_digits', '1'), ('lc_monetary', 'C'), ('row_security', 'off')) as s(name, value)`;
}
