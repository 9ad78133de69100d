import type { Database } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { applySteps, prepareSteps } from './apply.js';
import { compareSchemas } from './compare-schemas.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { readFolder, type MigrationFolder } from './folder.js';
import { migrationLabel, type Direction, type Migration } from './migration.js';
import { listSchemaObjects, type SchemaObject } from './schema-objects.js';
import { withScratchDatabase } from './scratch-database.js';
import type { VerifiedMigration, VerifyResult } from './types.js';

export interface VerifyOptions extends RunLimits {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
}

/**
 * Applies every migration to an empty scratch database, reverts it, and applies it again: the way back must lead to the
 * schema before, and the second way forth to the schema after.
 * @throws BkDbError MIGRATION_FAILED when a migration cannot be applied at all, PERMISSION.
 */
export async function verifyMigrations(deps: MigrateDeps, options: VerifyOptions): Promise<VerifyResult> {
  const folder = await readFolder(options.migrationsDir);
  const verified: VerifiedMigration[] = [];
  // A way back that fails leaves a schema to build nothing on: the rest goes on in a new database.
  while (verified.length < folder.migrations.length) {
    verified.push(...(await verifyFrom(deps, { folder, options, first: verified.length })));
  }
  return { migrationsDir: folder.dir, findings: verified.filter(isFinding).length, migrations: verified };
}

function isFinding({ verdict }: VerifiedMigration): boolean {
  return verdict === 'differs' || verdict === 'failed';
}

interface VerifyingFrom {
  readonly folder: MigrationFolder;
  readonly options: VerifyOptions;
  /** Index of the first migration to verify; those before it are only applied. */
  readonly first: number;
}

async function verifyFrom(
  deps: MigrateDeps,
  { folder, options, first }: VerifyingFrom,
): Promise<readonly VerifiedMigration[]> {
  const quiet: MigrateDeps = { target: deps.target, signal: deps.signal };
  return withScratchDatabase(quiet, async (scratch, database) => {
    const run = async (migrations: readonly Migration[], direction: Direction) => {
      const steps = prepareSteps(folder, migrations, direction);
      await applySteps(scratch, { database, limits: options, steps });
    };
    await run(folder.migrations.slice(0, first), 'up');
    const verified: VerifiedMigration[] = [];
    let before = await listSchemaObjects(database.sql);
    for (const [index, migration] of folder.migrations.entries()) {
      if (index < first) continue;
      const phase = `verifying ${migrationLabel(migration)}`;
      deps.onProgress?.({ phase, done: index, total: folder.migrations.length, unit: 'migrations' });
      await run([migration], 'up');
      const after = await listSchemaObjects(database.sql);
      const runOne = (direction: Direction) => run([migration], direction);
      verified.push(await verifyOne(database, { migration, before, after, run: runOne }));
      if (verified.some(isFinding)) break;
      before = after;
    }
    return verified;
  });
}

interface Applied {
  readonly migration: Migration;
  readonly before: readonly SchemaObject[];
  readonly after: readonly SchemaObject[];
  readonly run: (direction: Direction) => Promise<void>;
}

async function verifyOne(
  { sql }: Database,
  { migration, before, after, run }: Applied,
): Promise<VerifiedMigration> {
  const about = { version: migration.version, label: migrationLabel(migration) };
  if (migration.down === undefined) {
    const verdict = migration.kind === 'repeatable' ? 'repeatable' : 'irreversible';
    return { ...about, verdict, error: null, differences: [] };
  }
  try {
    await run('down');
    const left = compareSchemas(before, await listSchemaObjects(sql));
    if (left.length > 0) return { ...about, verdict: 'differs', error: null, differences: [...left] };
    await run('up');
    const again = compareSchemas(after, await listSchemaObjects(sql));
    return {
      ...about,
      verdict: again.length > 0 ? 'differs' : 'reversible',
      error: null,
      differences: [...again],
    };
  } catch (error) {
    if (!(error instanceof BkDbError) || error.code !== 'MIGRATION_FAILED') throw error;
    return { ...about, verdict: 'failed', error: error.message, differences: [] };
  }
}
