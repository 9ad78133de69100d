import type { Sql } from '../core/database.js';
import type { Invariants } from './types.js';

/**
 * What the BrahminyKite schema says of its own rules in the restored database: `bk.verify()` counts the violations of
 * each. Null where there is no such function.
 */
export async function readInvariants(sql: Sql): Promise<Invariants | null> {
  const [found] = await sql<{ present: boolean }[]>`
    select pg_catalog.to_regprocedure('bk.verify()') is not null as present`;
  if (found?.present !== true) return null;
  const rows = await sql<{ name: string; violations: number }[]>`
    select v.check_name as name, v.violations::float8 as violations from bk.verify() v order by 1`;
  return { checked: rows.length, broken: rows.filter(({ violations }) => violations > 0) };
}
