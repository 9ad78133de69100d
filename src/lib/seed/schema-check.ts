import type { Sql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import type { DomainSeed } from './fixtures.js';

/**
 * Refuses a database that is not ours, or not migrated far enough.
 * @throws BkDbError NOT_FOUND naming what is missing.
 */
export async function requireSchema(sql: Sql, seeds: readonly DomainSeed[]): Promise<void> {
  const tables = ['framework.configs', ...seeds.flatMap((seed) => Object.keys(seed.tables))];
  const missing = await sql<{ name: string }[]>`
    select n.name
      from pg_catalog.unnest(${tables}::text[]) with ordinality n (name, position)
     where pg_catalog.to_regclass(n.name) is null
     union all
    select 'bk.verify()' where pg_catalog.to_regprocedure('bk.verify()') is null`;
  if (missing[0] === undefined) return;
  const [row] = await sql<{ database: string }[]>`select pg_catalog.current_database() as database`;
  const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
  throw new BkDbError(
    'NOT_FOUND',
    `database "${row?.database ?? ''}" lacks the BrahminyKite schema: there is no ${missing[0].name}${others}`,
    {
      hint: 'Run `bk-db migrate` first; fixtures exist for the BrahminyKite schema only.',
      details: { missing: missing.map(({ name }) => name) },
    },
  );
}
