import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { plural } from '../../lib/cli/format.js';
import { migrationsDirFlag } from '../../lib/cli/flags.js';
import { migrateDeps, migrationsDirOf } from '../../lib/cli/migration-run.js';

export default class MigrateBaseline extends BaseCommand {
  static override summary = 'start the ledger of a database that has the schema already';
  static override description = describeCommand(
    'Records that the database has everything up to the given version, without running anything. Refused when the ledger has entries.',
    [...CONNECTING, 'LOCK_HELD', 'NOT_FOUND', 'TARGET_NOT_EMPTY'],
  );
  static override examples = [
    '<%= config.bin %> migrate baseline 0007 --migrations-dir ./migrations',
    '<%= config.bin %> migrate baseline 20240131120000',
  ];
  static override args = {
    version: Args.string({ required: true, description: 'the last version that the database has' }),
  };
  static override flags = { 'migrations-dir': migrationsDirFlag };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).baselineResultSchema;

  async run() {
    const { args, flags } = await this.parse(MigrateBaseline);
    const context = await this.context(flags);
    const { baselineLedger } = await import('../../lib/migrate/index.js');
    const result = await baselineLedger(await migrateDeps(context, this.config.version), {
      migrationsDir: migrationsDirOf(context),
      version: args.version,
    });
    this.reporter.summary(
      `the ledger begins at ${result.version}, which covers ${plural(result.covered, 'migration')}; none was run`,
    );
    return result;
  }
}
