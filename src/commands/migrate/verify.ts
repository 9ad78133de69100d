import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { plural } from '../../lib/cli/format.js';
import { migrationRunFlags, migrationsDirOf, runLimitsOf } from '../../lib/cli/migration-run.js';
import { verifyView } from '../../lib/cli/views/schema-differences.js';
import { EXIT_STATUSES } from '../../lib/core/errors.js';

export default class MigrateVerify extends BaseCommand {
  static override summary = 'prove that each migration can be reverted';
  static override description = describeCommand(
    'In an empty scratch database on the same server, which is dropped afterwards, each migration is applied, reverted and applied again. The schema must be the same before and after the way back: tables, columns and their order, defaults, constraints, indexes, functions, triggers, policies, types, comments, grants. The configured database itself is not touched; the role needs CREATEDB. Migrations that change more than their database (roles, databases, settings of the server, procedures) are refused there, and run with --scratch-server, which also compares what they do to the server.',
    [...CONNECTING, 'FINDINGS', 'NOT_FOUND', 'MIGRATION_FAILED'],
  );
  static override examples = [
    '<%= config.bin %> migrate verify',
    '<%= config.bin %> migrate verify --scratch-server',
    '<%= config.bin %> migrate verify --migrations-dir ./migrations --json',
  ];
  static override flags = {
    ...migrationRunFlags,
    'scratch-server': Flags.boolean({
      summary: 'on a server of its own, made for it and destroyed afterwards, instead of the configured one',
    }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).verifyResultSchema;

  async run() {
    const { flags } = await this.parse(MigrateVerify);
    const context = await this.context(flags);
    const { verifyMigrations } = await import('../../lib/migrate/index.js');
    const options = { ...runLimitsOf(context, flags), migrationsDir: migrationsDirOf(context) };
    const { signal, reporter } = context;
    const place = flags['scratch-server']
      ? { withServer: context.withScratchServer.bind(context) }
      : { target: await context.target() };
    const result = await verifyMigrations({ ...place, signal, onProgress: reporter.progress }, options);
    const count = plural(result.migrations.length, 'migration');
    this.reporter.data(verifyView(result, this.reporter.paint));
    this.reporter.note(
      result.findings === 0
        ? `verified ${count}`
        : `verified ${count}: ${result.findings} cannot be reverted well`,
    );
    if (result.findings > 0) this.endWith(EXIT_STATUSES.FINDINGS);
    return result;
  }
}
