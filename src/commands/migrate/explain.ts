import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag } from '../../lib/cli/flags.js';
import { migrateDeps, migrationsDirOf } from '../../lib/cli/migration-run.js';
import { explainView } from '../../lib/cli/views/explain.js';
import { EXIT_STATUSES } from '../../lib/core/errors.js';

export default class MigrateExplain extends BaseCommand {
  static override summary = 'say what pending migrations would lock, rewrite, read through and drop';
  static override description = describeCommand(
    'Runs the pending migrations on an empty copy of the schema (pg_dump --schema-only) in a scratch database on the same server, which is dropped afterwards, and looks after each statement at the locks it holds, the tables it rewrote or read through, the indexes it built and what it dropped; rows and sizes are those of the configured database, which is only read. Rows of COPY, and what reaches beyond a database (roles, settings of the server, procedures, blocks that name such things), are not run; their effects are unknown. Ends with 4 when others would be kept out for long, data would be lost, or a statement fails. The role needs CREATEDB.',
    [
      ...CONNECTING,
      'FINDINGS',
      'NOT_FOUND',
      'MIGRATION_DRIFT',
      'MIGRATION_FAILED',
      'TOOL_MISSING',
      'TOOL_FAILED',
    ],
  );
  static override examples = [
    '<%= config.bin %> migrate explain',
    '<%= config.bin %> migrate explain --migrations-dir ./migrations --json',
  ];
  static override flags = { 'migrations-dir': migrationsDirFlag };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).explainResultSchema;

  async run() {
    const { flags } = await this.parse(MigrateExplain);
    const context = await this.context(flags);
    const { explainMigrations } = await import('../../lib/migrate/index.js');
    const deps = { ...(await migrateDeps(context, this.config.version)), pgTools: await context.pgTools() };
    const result = await explainMigrations(deps, { migrationsDir: migrationsDirOf(context) });
    if (result.statements.length === 0 && result.error === null) this.reporter.note('nothing is pending');
    else this.reporter.data(explainView(result, this.reporter.paint));
    const isBad = result.statements.some(({ risk }) => risk === 'long' || risk === 'data');
    if (isBad || result.error !== null) this.endWith(EXIT_STATUSES.FINDINGS);
    return result;
  }
}
