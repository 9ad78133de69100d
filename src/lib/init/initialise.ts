import { describeTarget, type ConnectionTarget } from '../core/connection.js';
import { createPartitionsAhead } from '../maintain/index.js';
import { migrate, type MigrateDeps } from '../migrate/index.js';
import { seed, type SeedLevel } from '../seed/index.js';
import { databaseExists, dropDatabase, ensureDatabase } from './create-database.js';
import { inspectDatabase } from './inspect-database.js';
import type { InitResult } from './types.js';

export interface InitDeps extends MigrateDeps {
  /** Takes a backup of the target; only called before a non-empty database is dropped. */
  readonly takeSafetyBackup: (
    target: ConnectionTarget,
  ) => Promise<{ readonly id: string; readonly path: string }>;
}

export interface InitOptions {
  /** Drop and create the database again. */
  readonly drop: boolean;
  /** With drop: back up a non-empty database first. */
  readonly safetyBackup: boolean;
  /** Folder of the migrations, or undefined for none. */
  readonly migrationsDir: string | undefined;
  /** What to seed, or undefined for nothing. */
  readonly seedLevel: SeedLevel | undefined;
}

/**
 * Creates the database if it is missing, migrates it and seeds it; each part that is done already changes nothing.
 * With `drop` the database is recreated, after a backup if anything is in it; a failed backup drops nothing.
 * @throws BkDbError of the part that failed; what was done before it stays.
 */
export async function initialise(deps: InitDeps, options: InitOptions): Promise<InitResult> {
  const started = performance.now();
  const { target } = deps;
  const { dropped, safetyBackup } = options.drop
    ? await drop(deps, options)
    : { dropped: false, safetyBackup: null };
  deps.onProgress?.({ phase: `creating database ${target.database}` });
  const created = await ensureDatabase(target);
  const { migrationsDir, seedLevel } = options;
  const migrations = migrationsDir === undefined ? null : await migrate(deps, { migrationsDir });
  if (migrations !== null) await createPartitionsAhead(deps);
  const seeded = seedLevel === undefined ? null : await seed(deps, { level: seedLevel });
  return {
    target: describeTarget(target),
    database: target.database,
    created,
    dropped,
    safetyBackup,
    migrations,
    seed: seeded,
    durationMs: Math.round(performance.now() - started),
  };
}

async function drop(
  deps: InitDeps,
  options: InitOptions,
): Promise<Pick<InitResult, 'dropped' | 'safetyBackup'>> {
  const { target } = deps;
  if (!(await databaseExists(target))) return { dropped: false, safetyBackup: null };
  const { tables } = await inspectDatabase(target);
  const safetyBackup = tables > 0 && options.safetyBackup ? await deps.takeSafetyBackup(target) : null;
  deps.onProgress?.({ phase: `dropping database ${target.database}` });
  await dropDatabase(target);
  return { dropped: true, safetyBackup };
}
