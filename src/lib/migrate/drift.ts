import { compareSchemas } from './compare-schemas.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { readFolder } from './folder.js';
import { planOrRefuse } from './history.js';
import { readLedger } from './ledger.js';
import { withReplayed } from './replay.js';
import { listSchemaObjects, type SchemaObject } from './schema-objects.js';

import { withMigrationSession } from './session.js';
import { currentVersionOf } from './status.js';
import type { DriftResult } from './types.js';

export interface DriftOptions extends RunLimits {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
}

/**
 * Compares the live schema with the one that its applied migrations make in an empty scratch database on the same
 * server. Owners are not compared, nor partitions, which come and go with time. Statements that change more than their
 * database are not run again: what they made, such as a role, is on this server already.
 * @throws BkDbError MIGRATION_DRIFT when files and ledger disagree, MIGRATION_FAILED, PERMISSION.
 */
export async function findDrift(
  deps: MigrateDeps,
  { migrationsDir, ...limits }: DriftOptions,
): Promise<DriftResult> {
  const folder = await readFolder(migrationsDir);
  const live = await withMigrationSession(deps, async ({ sql }) => ({
    ledger: (await readLedger(sql)) ?? [],
    objects: await listSchemaObjects(sql),
  }));
  const plan = planOrRefuse(folder, live.ledger, ({ state }) => state === 'out-of-order');
  const applied = plan
    .filter(({ state }) => state === 'applied' || state === 'cosmetic' || state === 'baseline')
    .sort((a, b) => (a.row?.sequence ?? 0) - (b.row?.sequence ?? 0))
    .flatMap(({ migration }) => migration ?? []);
  const quiet: MigrateDeps = {
    target: deps.target,
    signal: deps.signal,
    ...(deps.onProgress === undefined ? {} : { onProgress: deps.onProgress }),
  };
  const { value: expected, notReplayed } = await withReplayed(
    quiet,
    { folder, migrations: applied, limits },
    ({ database }) => listSchemaObjects(database.sql),
  );
  return {
    migrationsDir: folder.dir,
    currentVersion: currentVersionOf(live.ledger),
    differences: [...compareSchemas(lasting(expected), lasting(live.objects))],
    notReplayed,
  };
}

function lasting(objects: readonly SchemaObject[]): readonly SchemaObject[] {
  return objects.filter(({ ofPartition }) => !ofPartition);
}
