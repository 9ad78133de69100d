import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag } from '../../lib/cli/flags.js';
import { BkDbError } from '../../lib/core/errors.js';

export default class MigrateCreate extends BaseCommand {
  static override summary = 'write the empty files of a new migration';
  static override description = describeCommand(
    'Numbers and names them as the folder does. The folder must be named, by --migrations-dir, BK_DB_MIGRATIONS_DIR or the config file; it is made when it is missing.',
    ['CONFIG_INVALID', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> migrate create add_orders --migrations-dir ./migrations',
    'BK_DB_MIGRATIONS_DIR=./migrations <%= config.bin %> migrate create "index orders by customer"',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'what it does, such as add_orders' }),
  };
  static override flags = { 'migrations-dir': migrationsDirFlag };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).createdMigrationSchema;

  async run() {
    const { args, flags } = await this.parse(MigrateCreate);
    const { config, now } = await this.context(flags);
    if (config.migrationsDir === undefined) {
      throw new BkDbError('CONFIG_INVALID', 'the folder of the new migration is not named', {
        hint: 'Give --migrations-dir ./migrations, or set BK_DB_MIGRATIONS_DIR.',
      });
    }
    const { createMigration } = await import('../../lib/migrate/index.js');
    const created = await createMigration({ now }, { migrationsDir: config.migrationsDir, name: args.name });
    this.reporter.data(created.files.join('\n'));
    return created;
  }
}
