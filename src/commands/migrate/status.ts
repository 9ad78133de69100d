import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag, schemaFileFlag } from '../../lib/cli/flags.js';
import { migrateDeps, migrationsDirOf } from '../../lib/cli/migration-run.js';
import { withStepSummary } from '../../lib/cli/step-summary.js';
import { statusMarkdown } from '../../lib/cli/views/migrate-markdown.js';
import { migrationStatusView } from '../../lib/cli/views/migrate.js';
import { EXIT_STATUSES } from '../../lib/core/errors.js';

export default class MigrateStatus extends BaseCommand {
  static override summary = 'list applied, pending and changed migrations';
  static override description = describeCommand(
    'With --check the exit status is 4 when migrations are pending, and 16 when an applied one was edited, has vanished, or an older one is not applied; also 4 when the schema file, where one is kept, is not what pg_dump gives now.',
    [...CONNECTING, 'FINDINGS', 'NOT_FOUND', 'MIGRATION_DRIFT', 'TOOL_MISSING', 'TOOL_FAILED'],
  );
  static override examples = [
    '<%= config.bin %> migrate status',
    '<%= config.bin %> migrate status --check --quiet',
    '<%= config.bin %> migrate status --json',
  ];
  static override flags = {
    'migrations-dir': migrationsDirFlag,
    'schema-file': schemaFileFlag,
    check: Flags.boolean({
      summary: 'exit 4 or 16 when the database, or the schema file, is not up to date',
    }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).migrationStatusSchema;

  async run() {
    const { flags } = await this.parse(MigrateStatus);
    const context = await this.context(flags);
    const { isSchemaFileCurrent, migrationStatus } = await import('../../lib/migrate/index.js');
    const deps = await migrateDeps(context, this.config.version);
    const status = await withStepSummary(context, { command: 'migrate status', view: statusMarkdown }, () =>
      migrationStatus(deps, { migrationsDir: migrationsDirOf(context) }),
    );
    this.reporter.data(migrationStatusView(status, this.reporter.paint));
    if (!flags.check) return status;
    if (status.problems > 0) this.endWith(EXIT_STATUSES.MIGRATION_DRIFT);
    else if (!status.upToDate) this.endWith(EXIT_STATUSES.FINDINGS);
    const { schemaFile } = context.config;
    if (schemaFile === undefined) return status;
    const isCurrent = await isSchemaFileCurrent({ ...deps, pgTools: await context.pgTools() }, schemaFile);
    if (!isCurrent) {
      this.reporter.warn(
        `${schemaFile} does not hold the schema of the database: run bk-db migrate and commit it`,
      );
      if (status.problems === 0) this.endWith(EXIT_STATUSES.FINDINGS);
    }
    return { ...status, schemaFileCurrent: isCurrent };
  }
}
