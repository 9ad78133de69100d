import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { migrateDeps, migrationRunFlags, migrationsDirOf, runLimitsOf } from '../../lib/cli/migration-run.js';
import { driftView } from '../../lib/cli/views/schema-differences.js';
import { EXIT_STATUSES } from '../../lib/core/errors.js';

export default class MigrateDrift extends BaseCommand {
  static override summary = 'compare the live schema with its migrations';
  static override description = describeCommand(
    'Applies the migrations of the ledger to an empty scratch database on the same server, which is dropped afterwards, and compares the two schemas object by object. The configured database is only read. Owners and partitions are not compared; the role needs CREATEDB.',
    [...CONNECTING, 'FINDINGS', 'NOT_FOUND', 'MIGRATION_DRIFT', 'MIGRATION_FAILED'],
  );
  static override examples = [
    '<%= config.bin %> migrate drift',
    '<%= config.bin %> migrate drift --migrations-dir ./migrations --json',
  ];
  static override flags = migrationRunFlags;
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).driftResultSchema;

  async run() {
    const { flags } = await this.parse(MigrateDrift);
    const context = await this.context(flags);
    const { findDrift } = await import('../../lib/migrate/index.js');
    const result = await findDrift(await migrateDeps(context, this.config.version), {
      ...runLimitsOf(context, flags),
      migrationsDir: migrationsDirOf(context),
    });
    this.reporter.data(driftView(result, this.reporter.paint));
    if (result.differences.length > 0) this.endWith(EXIT_STATUSES.FINDINGS);
    return result;
  }
}
