import { BkDbError } from '../core/errors.js';
import { quoteIdentifier, quoteQualified, type Queryable } from '../core/database.js';
import { readTargetTable } from './target-table.js';

export interface SourceColumn {
  readonly name: string;
  /** As PostgreSQL writes it, with its length. */
  readonly type: string;
  readonly isGenerated: boolean;
  readonly isText: boolean;
}

/** A table that is written out. */
export interface SourceTable {
  readonly schema: string;
  readonly name: string;
  readonly isPartitioned: boolean;
  readonly columns: readonly SourceColumn[];
  /** The primary key, else the first unique key without nulls by its columns' names; empty where there is none. */
  readonly key: readonly string[];
}

export interface TableSelection {
  readonly tables: readonly string[];
  readonly schemas: readonly string[];
  readonly all: boolean;
}

/** The migrations' ledger is the target's own affair. */
const LEFT_OUT = ['pg_catalog', 'information_schema', 'bk_migrations'];

/**
 * The tables that were asked for, by schema and name. Partitions come with their parents.
 * @throws BkDbError NOT_FOUND for a table, or a schema without any.
 */
export async function readSourceTables(
  sql: Queryable,
  { tables, schemas, all }: TableSelection,
): Promise<SourceTable[]> {
  const named = await Promise.all(tables.map((name) => readTargetTable(sql, name)));
  const found = await sql<SourceTable[]>`
    select n.nspname as schema, c.relname as name, c.relkind = 'p' as "isPartitioned",
           (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                     'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                     'isGenerated', a.attgenerated <> '', 'isText', t.typcategory = 'S') order by a.attnum)
              from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
           coalesce((select pg_catalog.jsonb_agg(a.attname order by k.n)
              from (select i.indkey, i.indrelid from pg_catalog.pg_index i
                     where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null
                       and (i.indisprimary or not exists (
                         select from pg_catalog.pg_attribute x
                          where x.attrelid = c.oid and x.attnum = any (i.indkey) and not x.attnotnull))
                     order by i.indisprimary desc, (
                       select pg_catalog.array_agg(x.attname order by u.n)
                         from pg_catalog.unnest(i.indkey) with ordinality as u(attnum, n)
                         join pg_catalog.pg_attribute x on x.attrelid = i.indrelid and x.attnum = u.attnum) limit 1) i
              cross join lateral pg_catalog.unnest(i.indkey) with ordinality as k(attnum, n)
              join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum), '[]') as key
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
       and (n.nspname || '.' || c.relname = any (${named.map(({ label }) => label)})
            or c.relkind in ('r', 'p') and c.relpersistence <> 't'
               and n.nspname <> all (${LEFT_OUT}) and n.nspname not like 'pg\\_%'
               and (${all} or n.nspname = any (${[...schemas]})))
     order by 1, 2`;
  const empty = schemas.find((schema) => !found.some((table) => table.schema === schema));
  if (empty !== undefined) throw new BkDbError('NOT_FOUND', `there is no table in schema ${empty}`);
  return found.map((table) => ({ ...table, columns: table.columns.filter(Boolean) }));
}

export interface SelectOptions {
  /** Leaves out what a table computes itself. */
  readonly withoutGenerated: boolean;
  /** Puts an apostrophe before texts that a spreadsheet would take for a formula. */
  readonly formulaSafe: boolean;
}

/** The columns a table is written with. */
export function writtenColumns(
  table: SourceTable,
  { withoutGenerated }: SelectOptions,
): readonly SourceColumn[] {
  return withoutGenerated ? table.columns.filter(({ isGenerated }) => !isGenerated) : table.columns;
}

/** The rows in the order of the key; without one by their text, which is as deterministic. */
export function selectRows(table: SourceTable, options: SelectOptions): string {
  const columns = writtenColumns(table, options).map((column) => {
    const name = quoteIdentifier(column.name);
    return options.formulaSafe && column.isText
      ? `case when pg_catalog.ascii(${name}::text) in (9, 13, 43, 45, 61, 64) then '''' || ${name} else ${name} end as ${name}`
      : name;
  });
  const from = `${table.isPartitioned ? '' : 'only '}${quoteQualified(table.schema, table.name)}`;
  const order =
    table.key.length === 0
      ? 't::text collate "C"'
      : table.key.map((name) => `t.${quoteIdentifier(name)}`).join(', ');
  return `select ${columns.join(', ')} from ${from} as t order by ${order}`;
}
