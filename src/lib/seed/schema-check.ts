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

/**
 * Refuses a role that could not switch triggers off and create partitions.
 * @throws BkDbError PERMISSION naming a table and its owner.
 */
export async function requireOwner(sql: Sql, seeds: readonly DomainSeed[]): Promise<void> {
  const tables = seeds.flatMap(({ clockTriggers, partitioned }) => [
    ...Object.keys(clockTriggers),
    ...partitioned,
  ]);
  const [foreign] = await sql<{ name: string; owner: string; role: string }[]>`
    select n.name, pg_catalog.pg_get_userbyid(c.relowner) as owner, current_user as role
      from pg_catalog.unnest(${tables}::text[]) n (name)
      join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n.name)
     where not pg_catalog.pg_has_role(c.relowner, 'USAGE')
     limit 1`;
  if (foreign === undefined) return;
  const { name, owner, role } = foreign;
  throw new BkDbError('PERMISSION', `role "${role}" is not the owner of ${name}`, {
    hint: `Seed as "${owner}" or as a member of it: fixtures are history, written with the triggers off that stamp the present.`,
    details: { table: name, owner, role },
  });
}
