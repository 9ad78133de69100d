import type { Sql, TransactionSql } from '../core/database.js';
import type { OnProgress } from '../core/progress.js';
import { runTransaction } from '../core/transaction.js';
import type { Aggregate, DomainSeed, Fixtures, Row } from './fixtures.js';
import { findPresent } from './presence.js';
import { createRowWriter } from './row-writer.js';
import { Tally } from './tally.js';

export interface DomainRun {
  readonly fixtures: Fixtures;
  /** Units of scale to seed, from the first. */
  readonly units: number;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Seeds one domain in one transaction: all of it, or what was there before. */
export async function seedDomain(sql: Sql, seed: DomainSeed, run: DomainRun): Promise<Tally> {
  return runTransaction(
    sql,
    async (transaction) => {
      const tally = new Tally();
      for (let unit = 0; unit < run.units; unit++) {
        run.signal?.throwIfAborted();
        await seedUnit(transaction, { seed, run, tally, unit });
        run.onProgress?.({ phase: `seeding ${seed.domain}`, done: tally.rows, unit: 'rows' });
      }
      return tally;
    },
    { actor: 'bk-db seed' },
  );
}

interface Unit {
  readonly seed: DomainSeed;
  readonly run: DomainRun;
  readonly tally: Tally;
  readonly unit: number;
}

async function seedUnit(sql: TransactionSql, { seed, run, tally, unit }: Unit): Promise<void> {
  const aggregates = [...seed.aggregates(run.fixtures, unit)];
  const present = await findPresent(sql, seed, aggregates);
  for (const aggregate of aggregates) tally.add(seed, aggregate, present.has(aggregate.id));
  const missing = aggregates.filter(({ id }) => !present.has(id));
  if (missing.length === 0) return;
  await ensurePartitions(sql, seed, run.fixtures);
  await setClockTriggers(sql, seed, 'disable');
  await seed.write(createRowWriter(sql, seed), rowsByTable(missing));
  // Deferred checks now: a table with checks outstanding cannot be altered.
  await sql`set constraints all immediate`;
  await setClockTriggers(sql, seed, 'enable');
  await sql`set constraints all deferred`;
}

function rowsByTable(aggregates: readonly Aggregate[]): Readonly<Record<string, readonly Row[]>> {
  const tables: Record<string, Row[]> = {};
  for (const { rows } of aggregates) {
    for (const [table, some] of Object.entries(rows)) (tables[table] ??= []).push(...some);
  }
  return tables;
}

async function ensurePartitions(sql: TransactionSql, seed: DomainSeed, fixtures: Fixtures): Promise<void> {
  const { start, asOf } = fixtures.timeline;
  for (const parent of seed.partitioned) await sql`select bk.ensure_partitions(${parent}, ${start}, ${asOf})`;
}

/** Rolled back with the transaction, so that no failure leaves a trigger off. */
async function setClockTriggers(
  sql: TransactionSql,
  { clockTriggers }: DomainSeed,
  action: 'enable' | 'disable',
): Promise<void> {
  for (const [table, triggers] of Object.entries(clockTriggers)) {
    for (const trigger of triggers) {
      await (action === 'disable'
        ? sql`alter table ${sql(table)} disable trigger ${sql(trigger)}`
        : sql`alter table ${sql(table)} enable trigger ${sql(trigger)}`);
    }
  }
}
