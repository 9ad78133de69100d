import { migrationStatus, type MigrationState, type MigrationStatusEntry } from '../../migrate/index.js';
import { absent, collected, type Source } from './source.js';

/** A migration that is not simply applied. */
export interface UnsettledMigration {
  readonly version: string;
  readonly name: string;
  readonly state: MigrationState;
}

export interface MigrationFacts {
  readonly directory: string;
  readonly currentVersion: string | null;
  readonly applied: number;
  readonly unsettled: readonly UnsettledMigration[];
  /** Every migration, in the order in which they are applied. */
  readonly all: readonly MigrationStatusEntry[];
}

const SETTLED: readonly MigrationState[] = ['applied', 'cosmetic', 'baseline'];

/** The ledger against the files. A database that knows nothing of the packaged migrations is left alone. */
export const migrations: Source<MigrationFacts> = async ({
  target,
  signal,
  migrations: { directory, configured },
}) => {
  const status = await migrationStatus({ target, signal }, { migrationsDir: directory });
  const unsettled = status.migrations.filter(({ state }) => !SETTLED.includes(state));
  const applied = status.migrations.length - unsettled.length;
  if (!configured && applied === 0)
    return absent('no packaged migration is applied here, and no other folder is configured');
  return collected({
    directory: status.migrationsDir,
    currentVersion: status.currentVersion,
    applied,
    unsettled: unsettled.map(({ version, name, state }) => ({ version, name, state })),
    all: status.migrations,
  });
};
