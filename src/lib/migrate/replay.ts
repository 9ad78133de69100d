import type { ConnectionTarget } from '../core/connection.js';
import type { Database } from '../core/database.js';
import { applySteps, prepareSteps, type Step } from './apply.js';
import { reachesBeyondDatabase } from './beyond-database.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import type { MigrationFolder } from './folder.js';
import type { Migration } from './migration.js';
import { excerptOf, placeOf } from './place.js';
import { withScratchDatabase } from './scratch-database.js';
import type { NotReplayed } from './types.js';

export interface Replaying {
  readonly folder: MigrationFolder;
  /** In the order in which they are run. */
  readonly migrations: readonly Migration[];
  readonly limits: RunLimits;
}

/** A database that has what the migrations make. */
export interface ReplayedDatabase {
  readonly database: Database;
  readonly target: ConnectionTarget;
}

/**
 * Runs the work in a scratch database in which the migrations were run, and drops it. Statements that change more than
 * their database are left out and told: what they made, such as a role, is on this server already.
 * @throws BkDbError MIGRATION_FAILED, PERMISSION.
 */
export async function withReplayed<T>(
  deps: MigrateDeps,
  { folder, migrations, limits }: Replaying,
  work: (replayed: ReplayedDatabase) => Promise<T>,
): Promise<{ readonly value: T; readonly notReplayed: NotReplayed[] }> {
  const { steps, notReplayed } = withinDatabase(prepareSteps(folder, migrations, 'up'));
  const value = await withScratchDatabase(deps, async (scratch, database) => {
    await applySteps(scratch, { database, limits, steps });
    return work({ database, target: scratch.target });
  });
  return { value, notReplayed };
}

function withinDatabase(steps: readonly Step[]) {
  const notReplayed = steps.flatMap(({ script }) =>
    script.statements.filter(reachesBeyondDatabase).map(({ start, text }) => ({
      file: script.file,
      line: placeOf(script.text, start).line,
      statement: excerptOf(text),
    })),
  );
  const inner = steps.map((step) => ({
    ...step,
    script: {
      ...step.script,
      statements: step.script.statements.filter((statement) => !reachesBeyondDatabase(statement)),
    },
  }));
  return { steps: inner, notReplayed };
}
