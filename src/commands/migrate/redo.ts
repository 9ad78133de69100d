import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { schemaFileFlag, yesFlag } from '../../lib/cli/flags.js';
import {
  confirmRevert,
  keepSchemaFile,
  migrateDeps,
  migrationRunFlags,
  migrationsDirOf,
  runLimitsOf,
} from '../../lib/cli/migration-run.js';
import { revertView } from '../../lib/cli/views/migrate.js';

export default class MigrateRedo extends BaseCommand {
  static override summary = 'revert the migration applied last and apply it again';
  static override description = describeCommand(
    'For the author of a migration that is not released yet: edit the file, then redo it. Asks first; without a terminal it needs --yes.',
    [
      ...CONNECTING,
      'LOCK_HELD',
      'NOT_FOUND',
      'MIGRATION_DRIFT',
      'MIGRATION_FAILED',
      'TOOL_MISSING',
      'TOOL_FAILED',
      'IO',
    ],
  );
  static override examples = [
    '<%= config.bin %> migrate redo --yes',
    '<%= config.bin %> migrate redo --step 2 --yes --migrations-dir ./migrations',
  ];
  static override flags = {
    ...migrationRunFlags,
    'schema-file': schemaFileFlag,
    step: Flags.integer({ helpValue: 'N', min: 1, summary: 'redo so many (default 1)' }),
    yes: yesFlag,
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).revertResultSchema;

  async run() {
    const { flags } = await this.parse(MigrateRedo);
    const context = await this.context(flags);
    const { planRevert, revertMigrations, updateSchemaFile } = await import('../../lib/migrate/index.js');
    const deps = await migrateDeps(context, this.config.version);
    const options = {
      ...runLimitsOf(context, flags),
      migrationsDir: migrationsDirOf(context),
      step: flags.step,
      redo: true,
    };
    await confirmRevert({ deps, plan: await planRevert(deps, options), verb: 'Redo', yes: flags.yes });
    const result = await revertMigrations(deps, options);
    const changed = result.reverted.length > 0;
    const kept = await keepSchemaFile(context, (pgTools, path) =>
      updateSchemaFile({ ...deps, pgTools }, { path, changed }),
    );
    this.reporter.summary(revertView(result));
    return { ...result, ...kept };
  }
}
