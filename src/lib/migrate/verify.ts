import type { ConnectionTarget } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { applySteps, prepareSteps } from './apply.js';
import { reachesBeyondDatabase } from './beyond-database.js';
import { compareSchemas } from './compare-schemas.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { readFolder, readScript, type MigrationFolder } from './folder.js';
import { migrationLabel, type Direction, type Migration } from './migration.js';
import { listSchemaObjects, type SchemaObject } from './schema-objects.js';
import { listServerObjects } from './server-objects.js';
import { withScratchDatabase } from './scratch-database.js';
import { scriptRefused } from './sql-error.js';
import type { VerifiedMigration, VerifyResult } from './types.js';

export interface VerifyOptions extends RunLimits {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
}

/**
 * Where to verify: in scratch databases of a server, or on servers that are made for it one after the other, where what
 * belongs to the server is run, too, and compared.
 */
export type VerifyPlace =
  | { readonly target: ConnectionTarget }
  | { readonly withServer: <T>(work: (target: ConnectionTarget) => Promise<T>) => Promise<T> };

export type VerifyDeps = Pick<MigrateDeps, 'signal' | 'onProgress'> & VerifyPlace;

/**
 * Applies every migration to an empty scratch database, reverts it, and applies it again: the way back must lead to the
 * schema before, and the second way forth to the schema after.
 * @throws BkDbError MIGRATION_FAILED when a migration cannot be applied at all, or would change more than its database
 * and the server is not its own; then nothing was run. PERMISSION.
 */
export async function verifyMigrations(deps: VerifyDeps, options: VerifyOptions): Promise<VerifyResult> {
  const folder = await readFolder(options.migrationsDir);
  if (!('withServer' in deps)) refuseBeyond(folder);
  const verified: VerifiedMigration[] = [];
  // A way back that fails leaves a schema to build nothing on: the rest goes on in a new database.
  while (verified.length < folder.migrations.length) {
    verified.push(...(await verifyFrom(deps, { folder, options, first: verified.length })));
  }
  return { migrationsDir: folder.dir, findings: verified.filter(isFinding).length, migrations: verified };
}

/** A scratch database would not keep in what they do. */
function refuseBeyond(folder: MigrationFolder): void {
  const scripts = folder.migrations.flatMap((migration) => [
    readScript(folder, migration, 'up'),
    ...(migration.down === undefined ? [] : [readScript(folder, migration, 'down')]),
  ]);
  for (const script of scripts) {
    const offender = script.statements.find(reachesBeyondDatabase);
    if (offender === undefined) continue;
    throw scriptRefused(script, offender.start, {
      reason: 'this statement changes more than its database, which a scratch database would not keep in',
      hint: 'Verify with --scratch-server, on a server that is made for it and destroyed afterwards.',
    });
  }
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
  deps: VerifyDeps,
  { folder, options, first }: VerifyingFrom,
): Promise<readonly VerifiedMigration[]> {
  const inScratchDatabase = async (target: ConnectionTarget) =>
    withScratchDatabase({ target, signal: deps.signal }, async (scratch, database) => {
      const run: Run = async (migrations, direction) => {
        const steps = prepareSteps(folder, migrations, direction);
        await applySteps(scratch, { database, limits: options, steps });
      };
      const list: List = async () => [
        ...(await listSchemaObjects(database.sql)),
        ...('withServer' in deps ? await listServerObjects(database.sql) : []),
      ];
      await run(folder.migrations.slice(0, first), 'up');
      return verifyUntilFinding(deps, { migrations: folder.migrations, first, run, list });
    });
  return 'withServer' in deps ? deps.withServer(inScratchDatabase) : inScratchDatabase(deps.target);
}

type Run = (migrations: readonly Migration[], direction: Direction) => Promise<void>;
type List = () => Promise<readonly SchemaObject[]>;

interface Verifying {
  readonly migrations: readonly Migration[];
  readonly first: number;
  readonly run: Run;
  readonly list: List;
}

async function verifyUntilFinding(
  { onProgress }: VerifyDeps,
  { migrations, first, run, list }: Verifying,
): Promise<readonly VerifiedMigration[]> {
  const verified: VerifiedMigration[] = [];
  let before = await list();
  for (const [index, migration] of migrations.entries()) {
    if (index < first) continue;
    const phase = `verifying ${migrationLabel(migration)}`;
    onProgress?.({ phase, done: index, total: migrations.length, unit: 'migrations' });
    await run([migration], 'up');
    const after = await list();
    verified.push(await verifyOne({ migration, before, after, run, list }));
    if (verified.some(isFinding)) break;
    before = after;
  }
  return verified;
}

interface Applied {
  readonly migration: Migration;
  readonly before: readonly SchemaObject[];
  readonly after: readonly SchemaObject[];
  readonly run: Run;
  readonly list: List;
}

async function verifyOne({ migration, before, after, list, run }: Applied): Promise<VerifiedMigration> {
  const about = { version: migration.version, label: migrationLabel(migration) };
  if (migration.down === undefined) {
    const verdict = migration.kind === 'repeatable' ? 'repeatable' : 'irreversible';
    return { ...about, verdict, error: null, differences: [] };
  }
  try {
    await run([migration], 'down');
    const left = compareSchemas(before, await list());
    if (left.length > 0) return { ...about, verdict: 'differs', error: null, differences: [...left] };
    await run([migration], 'up');
    const again = compareSchemas(after, await list());
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
