import type { RestoreSource } from '../backup/index.js';
import type { ConnectionTarget } from '../core/connection.js';
import { quoteQualified, withDatabase, type Sql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import type { Mismatch } from './types.js';

/**
 * Sees that the tables whose rows are to be loaded are there and empty, and that the role may load them past triggers
 * and foreign keys: these saw the rows when they were first written, and would change or refuse them now.
 * @throws BkDbError NOT_FOUND, TARGET_NOT_EMPTY, PERMISSION; nothing is written.
 */
export async function checkDataTarget(target: ConnectionTarget, source: RestoreSource): Promise<void> {
  await withDatabase(target, {}, async ({ sql }) => {
    await requireTables(sql, target.database, source);
    const full: string[] = [];
    for (const { schema, name } of source.tables) {
      const rows = await sql.unsafe(`select from only ${quoteQualified(schema, name)} limit 1`);
      if (rows.length > 0) full.push(`${schema}.${name}`);
    }
    if (full.length > 0) throw tablesFull(target.database, full);
    await refuseWithoutRight(sql);
  });
}

/** @throws BkDbError NOT_FOUND naming every table of the source that the database lacks. */
export async function requireTables(sql: Sql, database: string, { tables }: RestoreSource): Promise<void> {
  const missing: string[] = [];
  for (const { schema, name } of tables) {
    const [found] = await sql<{ present: boolean }[]>`
      select pg_catalog.to_regclass(${quoteQualified(schema, name)}) is not null as present`;
    if (found?.present !== true) missing.push(`${schema}.${name}`);
  }
  if (missing.length > 0) throw tablesMissing(database, missing);
}

function tablesMissing(database: string, tables: readonly string[]): BkDbError {
  return new BkDbError(
    'NOT_FOUND',
    `database ${database} lacks tables of the archive: ${tables.join(', ')}`,
    {
      hint: 'Restore the schema first, with --schema-only or by `bk-db migrate`; nothing was written.',
      details: { database, tables },
    },
  );
}

function tablesFull(database: string, tables: readonly string[]): BkDbError {
  return new BkDbError('TARGET_NOT_EMPTY', `tables of database ${database} have rows: ${tables.join(', ')}`, {
    hint: 'Rows are only ever loaded into empty tables; nothing was written.',
    details: { database, tables },
  });
}

async function refuseWithoutRight(sql: Sql): Promise<void> {
  try {
    await sql.begin((transaction) => transaction`set local session_replication_role to replica`);
  } catch (cause) {
    throw new BkDbError('PERMISSION', 'the role may not load rows past triggers and foreign keys', {
      hint: 'Use a superuser, or from PostgreSQL 15 on: GRANT SET ON PARAMETER session_replication_role TO role. Nothing was written.',
      cause,
    });
  }
}

interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly orphans: string;
}

/** Foreign keys of the loaded tables, or to them, that rows do not keep: loading went past them. */
export async function findOrphans(sql: Sql, { tables }: RestoreSource): Promise<Mismatch[]> {
  const names = tables.map(({ schema, name }) => quoteQualified(schema, name));
  const keys = await sql<ForeignKey[]>`
    select c.conname as name, c.conrelid::regclass::text as table,
           pg_catalog.format(
             'select pg_catalog.count(*)::int as n from only %s c where %s and not exists (select from %s p where %s)',
             c.conrelid::regclass,
             (select pg_catalog.string_agg(pg_catalog.format('c.%I is not null', a.attname), ' and ')
                from pg_catalog.unnest(c.conkey) k join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k),
             c.confrelid::regclass,
             (select pg_catalog.string_agg(pg_catalog.format('p.%I = c.%I', f.attname, a.attname), ' and ')
                from rows from (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey)) k(own, other)
                join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.own
                join pg_catalog.pg_attribute f on f.attrelid = c.confrelid and f.attnum = k.other)) as orphans
      from pg_catalog.pg_constraint c
     where c.contype = 'f' and c.convalidated
       and (c.conrelid = any(${names}::text[]::regclass[]) or c.confrelid = any(${names}::text[]::regclass[]))`;
  const mismatches: Mismatch[] = [];
  for (const { name, table, orphans } of keys) {
    const [row] = await sql.unsafe<{ n: number }[]>(orphans);
    const n = row?.n ?? 0;
    if (n > 0)
      mismatches.push({
        kind: 'constraint',
        name: `${table}.${name}`,
        problem: `${n} rows have nothing that they refer to`,
      });
  }
  return mismatches;
}
