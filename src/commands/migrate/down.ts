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

export default class MigrateDown extends BaseCommand {
  static override summary = 'revert the migration applied last, or several';
  static override description = describeCommand(
    'Reverts in the opposite order of application. When one of them has no way back, nothing is run. Asks first; without a terminal it needs --yes.',
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
    '<%= config.bin %> migrate down --yes',
    '<%= config.bin %> migrate down --step 2 --yes',
    '<%= config.bin %> migrate down --to 0 --yes',
  ];
  static override flags = {
    ...migrationRunFlags,
    'schema-file': schemaFileFlag,
    to: Flags.string({ helpValue: 'V', summary: 'revert everything after this version; 0 reverts all' }),
    step: Flags.integer({ helpValue: 'N', min: 1, summary: 'revert so many (default 1)' }),
    yes: yesFlag,
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).revertResultSchema;

  async run() {
    const { flags } = await this.parse(MigrateDown);
    const context = await this.context(flags);
    const { planRevert, revertMigrations, updateSchemaFile } = await import('../../lib/migrate/index.js');
    const deps = await migrateDeps(context, this.config.version);
    const options = {
      ...runLimitsOf(context, flags),
      migrationsDir: migrationsDirOf(context),
      to: flags.to,
      step: flags.step,
    };
    await confirmRevert({ deps, plan: await planRevert(deps, options), verb: 'Revert', yes: flags.yes });
    const result = await revertMigrations(deps, options);
    const changed = result.reverted.length > 0;
    const kept = await keepSchemaFile(context, (pgTools, path) =>
      updateSchemaFile({ ...deps, pgTools }, { path, changed }),
    );
    this.reporter.summary(revertView(result));
    return { ...result, ...kept };
  }
}
