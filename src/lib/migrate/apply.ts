import { hostname } from 'node:os';
import type { Database } from '../core/database.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { readScript, type MigrationFolder } from './folder.js';
import {
  forgetStatement,
  recordFinish,
  recordReverting,
  recordStart,
  recordStatement,
  type LedgerEntry,
} from './ledger.js';
import { migrationLabel, type Direction, type Migration } from './migration.js';
import { runInTransaction } from './run-script.js';
import { runUnits } from './run-units.js';
import { cosmeticChecksumOf, type Script } from './script.js';
import { checkScript } from './check-script.js';
import { retryWhileLocked } from './locked-retry.js';
import { settingsOf } from './session.js';
import { scriptRefused } from './sql-error.js';
import type { MigrationRun } from './types.js';

/** One direction of one migration, read and checked. */
export interface Step {
  readonly migration: Migration;
  readonly direction: Direction;
  readonly script: Script;
}

/**
 * Reads and checks every script before the first one runs.
 * @throws BkDbError MIGRATION_FAILED pointing at what cannot be run, NOT_FOUND (no down part).
 */
export function prepareSteps(
  folder: MigrationFolder,
  migrations: readonly Migration[],
  direction: Direction,
): readonly Step[] {
  return migrations.map((migration) => ({
    migration,
    direction,
    script: checkScript(readScript(folder, migration, direction)),
  }));
}

export interface ApplyOptions {
  readonly database: Database;
  readonly limits: RunLimits;
  readonly steps: readonly Step[];
}

/**
 * Runs all steps in one transaction: all of them or none.
 * @throws BkDbError MIGRATION_FAILED, also for a file that runs outside transactions; then nothing was run.
 */
export async function applyTogether(
  deps: MigrateDeps,
  { database, limits, steps }: ApplyOptions,
): Promise<MigrationRun[]> {
  const outside = steps.find(({ script }) => !script.transactional);
  if (outside !== undefined) {
    throw scriptRefused(outside.script, outside.script.statements[0]?.start ?? 0, {
      reason: 'this file runs outside transactions and cannot be part of a single one',
      hint: 'Apply it without --single-transaction.',
    });
  }
  let runs: MigrationRun[] = [];
  const label = steps.map(({ migration }) => migrationLabel(migration)).join(', ');
  await retryWhileLocked(deps, { database, limits, label }, async () => {
    runs = [];
    for (const [index, step] of steps.entries()) {
      const part = { first: index === 0, last: index === steps.length - 1 };
      runs.push(await applyPart(deps, step, { database, limits, part }));
    }
  });
  for (const run of runs) deps.onMigration?.(run, 'up');
  return runs;
}

interface PartOptions extends Pick<ApplyOptions, 'database' | 'limits'> {
  readonly part: { readonly first: boolean; readonly last: boolean };
}

async function applyPart(
  deps: MigrateDeps,
  step: Step,
  { database, limits, part }: PartOptions,
): Promise<MigrationRun> {
  deps.signal.throwIfAborted();
  const started = performance.now();
  await runInTransaction(database.sql, {
    script: step.script,
    label: migrationLabel(step.migration),
    settings: await settingsOf(database, limits, { scope: 'transaction', durable: true }),
    record: recordStatement(ledgerEntry(deps, step)),
    part,
    outcome: 'rolled back, nothing of this run was kept',
    signal: deps.signal,
  });
  return runOf(step, started);
}

function runOf({ migration: { version, name }, script: { file } }: Step, started: number): MigrationRun {
  return { version, name, file, durationMs: Math.round(performance.now() - started) };
}

/** Runs the steps one after the other, each committed with its ledger row before the next begins. */
export async function applySteps(
  deps: MigrateDeps,
  { database, limits, steps }: ApplyOptions,
): Promise<MigrationRun[]> {
  const runs: MigrationRun[] = [];
  for (const [index, step] of steps.entries()) {
    deps.signal.throwIfAborted();
    const label = migrationLabel(step.migration);
    const verb = step.direction === 'up' ? 'applying' : 'reverting';
    deps.onProgress?.({ phase: `${verb} ${label}`, done: index, total: steps.length, unit: 'migrations' });
    const started = performance.now();
    await runStep(deps, step, { database, limits, durable: index === steps.length - 1 });
    const run = runOf(step, started);
    runs.push(run);
    deps.onMigration?.(run, step.direction);
  }
  return runs;
}

interface StepOptions {
  readonly database: Database;
  readonly limits: RunLimits;
  readonly durable: boolean;
}

async function runStep(
  deps: MigrateDeps,
  step: Step,
  { database, limits, durable }: StepOptions,
): Promise<void> {
  if (!step.script.transactional) return runUntransactionalStep(deps, step, { database, limits });
  const label = migrationLabel(step.migration);
  const run = {
    script: step.script,
    label,
    settings: await settingsOf(database, limits, { scope: 'transaction', durable }),
    record:
      step.direction === 'up'
        ? recordStatement(ledgerEntry(deps, step))
        : forgetStatement(step.migration.version),
    outcome: 'rolled back, nothing of it was kept',
    signal: deps.signal,
  };
  await retryWhileLocked(deps, { database, limits, label }, () => runInTransaction(database.sql, run));
}

/** The ledger says that the file began, the journal how far it came, the ledger that it is complete. */
async function runUntransactionalStep(
  deps: MigrateDeps,
  step: Step,
  { database, limits }: Omit<StepOptions, 'durable'>,
): Promise<void> {
  const { script, direction, migration } = step;
  const { version } = migration;
  const { sql } = database;
  const started = performance.now();
  if (direction === 'up') await recordStart(sql, ledgerEntry(deps, step));
  else await recordReverting(sql, version);
  await runUnits(deps, {
    database,
    limits,
    script,
    label: migrationLabel(migration),
    key: { version, direction },
  });
  if (direction === 'up') await recordFinish(sql, version, performance.now() - started);
  else await sql.unsafe(forgetStatement(version)).simple();
}

function ledgerEntry({ toolVersion = 'library' }: MigrateDeps, { migration }: Step): LedgerEntry {
  return {
    version: migration.version,
    name: migration.name,
    kind: migration.kind,
    checksum: migration.checksum,
    cosmeticChecksum: cosmeticChecksumOf(migration.text),
    appliedFrom: hostname(),
    toolVersion,
  };
}
