import type { TransactionSql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import type { Aggregate, DomainSeed } from './fixtures.js';

/**
 * The ids of aggregates that the database has already.
 * @throws BkDbError TARGET_NOT_EMPTY when a name is taken by another row: by another seed, or by somebody's own data.
 */
export async function findPresent(
  sql: TransactionSql,
  { roots }: DomainSeed,
  aggregates: readonly Aggregate[],
): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const [table, { id, key, trail }] of Object.entries(roots)) {
    const wanted = aggregates.filter(({ root }) => root === table);
    const rows = wanted.map((aggregate) => ({ [id]: aggregate.id, [key]: aggregate.key }));
    const found = await sql<{ id: string; key: string }[]>`
      select t.${sql(id)}::text as id, t.${sql(key)}::text as key
        from pg_catalog.jsonb_populate_recordset(null::${sql(table)}, ${sql.json(rows)}) n
        join ${sql(table)} t on t.${sql(key)} = n.${sql(key)}`;
    const ids = new Map(wanted.map((aggregate) => [aggregate.key, aggregate.id]));
    for (const row of found) {
      if (ids.get(row.key) !== row.id) throw nameTaken(table, row.key);
      present.add(row.id);
    }
    if (trail === undefined) continue;
    const remembered = await sql<{ id: string }[]>`
      select distinct t.${sql(trail.id)}::text as id
        from ${sql(trail.table)} t
       where t.${sql(trail.id)} = any(${wanted.map((aggregate) => aggregate.id)}::uuid[])`;
    for (const row of remembered) present.add(row.id);
  }
  return present;
}

function nameTaken(table: string, key: string): BkDbError {
  return new BkDbError('TARGET_NOT_EMPTY', `${table} already has another row named "${key}"`, {
    hint: 'Seed with the --seed and --as-of of the first time, or seed another database.',
    details: { table, key },
  });
}
