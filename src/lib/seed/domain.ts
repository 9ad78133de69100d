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

/** Seeds one domain in one transaction: all of it, or what was there before. Holds one unit of scale at a time. */
export async function seedDomain(sql: Sql, seed: DomainSeed, run: DomainRun): Promise<Tally> {
  return runTransaction(sql, (transaction) => seedUnits(transaction, seed, run), { actor: 'bk-db seed' });
}

async function seedUnits(sql: TransactionSql, seed: DomainSeed, run: DomainRun): Promise<Tally> {
  const tally = new Tally();
  let isPrepared = false;
  for (let unit = 0; unit < run.units; unit++) {
    run.signal?.throwIfAborted();
    const aggregates = [...seed.aggregates(run.fixtures, unit)];
    const present = await findPresent(sql, seed, aggregates);
    for (const aggregate of aggregates) tally.add(seed, aggregate, present.has(aggregate.id));
    const missing = aggregates.filter(({ id }) => !present.has(id));
    if (missing.length > 0 && !isPrepared) await prepare(sql, seed, run.fixtures);
    isPrepared ||= missing.length > 0;
    if (missing.length > 0) await writeAggregates(sql, seed, missing);
    run.onProgress?.({
      phase: `seeding ${seed.domain}${part(unit, run.units)}`,
      done: tally.rows,
      unit: 'rows',
    });
  }
  if (isPrepared) await setClockTriggers(sql, seed, 'enable');
  return tally;
}

function part(unit: number, units: number): string {
  return units === 1 ? '' : ` (${unit + 1} of ${units})`;
}

async function prepare(sql: TransactionSql, seed: DomainSeed, fixtures: Fixtures): Promise<void> {
  await ensurePartitions(sql, seed, fixtures);
  await setClockTriggers(sql, seed, 'disable');
}

/** Deferred checks run with each unit: they would pile up, and a table with checks outstanding cannot be altered. */
async function writeAggregates(
  sql: TransactionSql,
  seed: DomainSeed,
  aggregates: readonly Aggregate[],
): Promise<void> {
  await seed.write(createRowWriter(sql, seed), rowsByTable(aggregates));
  await sql`set constraints all immediate`;
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
