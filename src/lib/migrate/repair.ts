import type { Sql } from '../core/database.js';
import type { LedgerDeps, RunLimits } from './deps.js';
import { readFolder } from './folder.js';
import { readLedger } from './ledger.js';
import { migrationLabel } from './migration.js';
import { planMigrations, type PlanEntry } from './plan.js';
import { cosmeticChecksumOf } from './script.js';
import { withMigrationLock, withMigrationSession } from './session.js';
import type { Repair } from './types.js';

export interface RepairOptions extends Pick<RunLimits, 'waitMs'> {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
}

/** What {@link repairLedger} would do: accept files as they are now, forget those that are gone. Changes nothing. */
export async function planRepairs(deps: LedgerDeps, options: RepairOptions): Promise<readonly Repair[]> {
  const folder = await readFolder(options.migrationsDir);
  return withMigrationSession(deps, async ({ sql }) => {
    const plan = planMigrations(folder.migrations, (await readLedger(sql)) ?? []);
    return plan.flatMap((entry) => repairOf(entry) ?? []);
  });
}

/** Makes the ledger say what the files say now; runs no migration. Exactly the given repairs, under the lock. */
export async function repairLedger(
  deps: LedgerDeps,
  options: RepairOptions,
  repairs: readonly Repair[],
): Promise<readonly Repair[]> {
  const folder = await readFolder(options.migrationsDir);
  return withMigrationSession(deps, ({ sql }) =>
    withMigrationLock(deps, options, async () => {
      const plan = planMigrations(folder.migrations, (await readLedger(sql)) ?? []);
      const agreed = plan.filter((entry) =>
        repairs.some(
          ({ version, action }) => version === entry.version && action === repairOf(entry)?.action,
        ),
      );
      for (const entry of agreed) await repair(sql, entry);
      return agreed.flatMap((entry) => repairOf(entry) ?? []);
    }),
  );
}

const ACTIONS: Readonly<Partial<Record<PlanEntry['state'], Repair['action']>>> = {
  edited: 'accept',
  cosmetic: 'accept',
  missing: 'forget',
};

function repairOf({ version, name, state }: PlanEntry): Repair | undefined {
  const action = ACTIONS[state];
  return action === undefined ? undefined : { version, label: migrationLabel({ version, name }), action };
}

async function repair(sql: Sql, { migration, row }: PlanEntry): Promise<void> {
  if (row === undefined) return;
  if (migration === undefined) await sql`delete from bk_migrations.ledger where version = ${row.version}`;
  else {
    await sql`
      update bk_migrations.ledger
         set checksum = ${migration.checksum}, cosmetic_checksum = ${cosmeticChecksumOf(migration.text)},
             name = ${migration.name}
       where version = ${row.version}`;
  }
}
