import { createHash } from 'node:crypto';
import { withAdvisoryLock } from '../core/advisory-lock.js';
import { withDatabase, type Sql } from '../core/database.js';
import { describeTarget } from '../core/connection.js';
import { toBkDbError } from '../core/to-error.js';
import { runTransaction } from '../core/transaction.js';
import { seedDomain } from './domain.js';
import { createFixtures, type Fixtures } from './fixtures.js';
import { configRows, seedConfigs } from './framework/reference.js';
import { requireOwner, requireSchema } from './schema-check.js';
import { Tally } from './tally.js';
import { planSeed, type SeedPlan } from './plan.js';
import type { SeedDeps, SeedOptions, SeedResult } from './types.js';
import { verifyInvariants } from './verify.js';

/** Same for all versions of bk-db: two seeds of one database run one after the other. */
const LOCK_KEY = 0x626b_7365_6564_0001n;

/**
 * Fills the BrahminyKite schema with fixtures: the same for the same options, once however often it runs.
 * Each domain is one transaction. What is there already is left as it is.
 * @throws BkDbError USAGE (options that do not go together), NOT_FOUND (no such schema), TARGET_NOT_EMPTY (fixtures of another seed), LOCK_HELD, PERMISSION
 * (not the owner of the tables), INVARIANT (bk.verify() found something afterwards).
 */
export async function seed(deps: SeedDeps, options: SeedOptions = {}): Promise<SeedResult> {
  const { target, signal } = deps;
  const plan = planSeed(options);
  const lock = { key: LOCK_KEY, object: `seeding of ${describeTarget(target)}`, waitMs: 0 };
  try {
    return await withDatabase(target, { signal }, ({ sql }) =>
      withAdvisoryLock(target, { ...lock, ...(signal && { signal }) }, () => seedDatabase(sql, deps, plan)),
    );
  } catch (error) {
    // What a cancelled statement reports is not the reason.
    signal?.throwIfAborted();
    throw toBkDbError(error);
  }
}

async function seedDatabase(sql: Sql, deps: SeedDeps, plan: SeedPlan): Promise<SeedResult> {
  const started = performance.now();
  const { level, scale, seeds } = plan;
  const fixtures = createFixtures(plan.seed, plan.asOf);
  await requireSchema(sql, seeds);
  await requireOwner(sql, seeds);
  const tallies = [await seedReference(sql, fixtures, plan.revisions)];
  for (const domain of seeds)
    tallies.push(await seedDomain(sql, domain, { ...deps, fixtures, units: scale }));
  deps.onProgress?.({ phase: 'checking the invariants' });
  const checks = await verifyInvariants(sql);
  const tables = tallies.flatMap((tally) => tally.tables);
  return {
    level,
    scale,
    domains: level === 'reference' ? ['framework'] : seeds.map(({ domain }) => domain),
    seed: plan.seed,
    asOf: plan.asOf.toISOString(),
    tables,
    total: {
      inserted: tables.reduce((sum, { inserted }) => sum + inserted, 0),
      unchanged: tables.reduce((sum, { unchanged }) => sum + unchanged, 0),
    },
    digest: createHash('sha256')
      .update(tallies.map((tally) => tally.hex()).join('\n'))
      .digest('hex'),
    checks,
    durationMs: Math.round(performance.now() - started),
  };
}

async function seedReference(sql: Sql, fixtures: Fixtures, revisions: number): Promise<Tally> {
  const rows = configRows(fixtures, revisions);
  const tally = new Tally();
  const counts = await runTransaction(sql, (transaction) => seedConfigs(transaction, rows), {
    actor: 'bk-db seed',
  });
  tally.count(counts.table, counts);
  for (const row of rows) tally.digest(counts.table, ['framework', 'environment', 'revision'], row);
  return tally;
}
