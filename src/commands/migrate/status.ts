import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag } from '../../lib/cli/flags.js';
import { migrateDeps, migrationsDirOf } from '../../lib/cli/migration-run.js';
import { migrationStatusView } from '../../lib/cli/views/migrate.js';
import { EXIT_STATUSES } from '../../lib/core/errors.js';

export default class MigrateStatus extends BaseCommand {
  static override summary = 'list applied, pending and changed migrations';
  static override description = describeCommand(
    'With --check the exit status is 4 when migrations are pending, and 16 when an applied one was edited, has vanished, or an older one is not applied.',
    [...CONNECTING, 'FINDINGS', 'NOT_FOUND', 'MIGRATION_DRIFT'],
  );
  static override examples = [
    '<%= config.bin %> migrate status',
    '<%= config.bin %> migrate status --check --quiet',
    '<%= config.bin %> migrate status --json',
  ];
  static override flags = {
    'migrations-dir': migrationsDirFlag,
    check: Flags.boolean({ summary: 'exit 4 or 16 when not up to date' }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).migrationStatusSchema;

  async run() {
    const { flags } = await this.parse(MigrateStatus);
    const context = await this.context(flags);
    const { migrationStatus } = await import('../../lib/migrate/index.js');
    const status = await migrationStatus(await migrateDeps(context, this.config.version), {
      migrationsDir: migrationsDirOf(context),
    });
    this.reporter.data(migrationStatusView(status, this.reporter.paint));
    if (flags.check && status.problems > 0) this.endWith(EXIT_STATUSES.MIGRATION_DRIFT);
    else if (flags.check && !status.upToDate) this.endWith(EXIT_STATUSES.FINDINGS);
    return status;
  }
}
