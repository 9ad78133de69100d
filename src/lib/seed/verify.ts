import type { Sql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import type { SeedResult } from './types.js';

/**
 * Looks the invariants of the schema up again.
 * @throws BkDbError INVARIANT naming the checks that found something.
 */
export async function verifyInvariants(sql: Sql): Promise<SeedResult['checks']> {
  const checks = await sql<{ name: string; violations: number }[]>`
    select v.check_name as name, v.violations::float8 as violations from bk.verify() v`;
  const broken = checks.filter(({ violations }) => violations > 0);
  if (broken.length > 0) {
    const names = broken.map(({ name, violations }) => `${name} (${violations})`).join(', ');
    throw new BkDbError('INVARIANT', `bk.verify() found broken rules after seeding: ${names}`, {
      hint: 'Look at the rows of these checks; the fixtures themselves were committed.',
      details: { checks: broken },
    });
  }
  return [...checks];
}
