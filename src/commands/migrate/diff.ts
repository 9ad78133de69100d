import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag } from '../../lib/cli/flags.js';
import { migrateDeps, migrationsDirOf } from '../../lib/cli/migration-run.js';
import { diffNote, diffView, diffWarnings } from '../../lib/cli/views/diff.js';
import { EXIT_STATUSES } from '../../lib/core/errors.js';

export default class MigrateDiff extends BaseCommand {
  static override summary = 'write a migration from the difference between the migrations and a database';
  static override description = describeCommand(
    'Runs the folder in an empty scratch database, compares it with the configured database, or with a file of a schema, and generates the statements that lead there and back. They are run in the scratch database, forth and back, and what still differs then is listed with status 4: write that by hand. With NAME they are written as a migration of the folder; without, printed. Indexes, and looks through rows that are there, come in a second migration that keeps nobody out. Owners and partitions are not compared, nor the order of columns. The configured database is only read; the role needs CREATEDB.',
    [...CONNECTING, 'FINDINGS', 'NOT_FOUND', 'MIGRATION_FAILED', 'TOOL_MISSING', 'TOOL_FAILED', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> migrate diff',
    '<%= config.bin %> migrate diff add_orders --migrations-dir ./migrations',
    '<%= config.bin %> migrate diff add_orders --from schema.sql --migrations-dir ./migrations',
  ];
  static override args = {
    name: Args.string({
      description: 'what the migration does, such as add_orders; without it nothing is written',
    }),
  };
  static override flags = {
    'migrations-dir': migrationsDirFlag,
    from: Flags.string({
      helpValue: 'FILE',
      summary: 'the wanted schema, as pg_dump --schema-only writes it, instead of the database',
    }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/diff/index.js')).diffResultSchema;

  async run() {
    const { args, flags } = await this.parse(MigrateDiff);
    const context = await this.context(flags);
    const { diffSchemas } = await import('../../lib/diff/index.js');
    const deps = await migrateDeps(context, this.config.version);
    const schemaFile = flags.from;
    const result = await diffSchemas(
      { ...deps, pgTools: await context.pgTools(), now: context.now },
      {
        migrationsDir: migrationsDirOf(context),
        name: args.name,
        schemaFile: schemaFile === undefined ? undefined : resolve(schemaFile),
      },
    );
    for (const warning of diffWarnings(result)) this.reporter.warn(warning);
    this.reporter.data(diffView(result, this.reporter.paint));
    this.reporter.note(diffNote(result));
    const open = result.left.length + result.leftByDown.length + result.notReplayed.length;
    if (result.failure !== null || open > 0) this.endWith(EXIT_STATUSES.FINDINGS);
    return result;
  }
}
