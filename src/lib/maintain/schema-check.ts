import type { Sql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';

/** Whether the database has partition policies and the functions that apply them. */
export async function hasPartitionPolicies(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ present: boolean }[]>`
    select pg_catalog.to_regclass('bk.partition_policies') is not null
           and pg_catalog.to_regprocedure('bk.maintain_partitions(timestamptz)') is not null
           and pg_catalog.to_regprocedure('bk.ensure_partitions(text, timestamptz, timestamptz)') is not null
           as present`;
  return row?.present ?? false;
}

/** @throws BkDbError NOT_FOUND when the database has no partition policies. */
export async function requirePartitionPolicies(sql: Sql, database: string): Promise<void> {
  if (await hasPartitionPolicies(sql)) return;
  throw new BkDbError(
    'NOT_FOUND',
    `database "${database}" has no partition policies of the BrahminyKite schema`,
    {
      hint: 'Run `bk-db migrate` first; tables of other schemas are not touched.',
      details: { database, missing: ['bk.partition_policies', 'bk.maintain_partitions()'] },
    },
  );
}
