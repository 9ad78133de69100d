import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag } from '../../lib/cli/flags.js';
import { plural } from '../../lib/cli/format.js';
import { migrateDeps, migrationsDirOf } from '../../lib/cli/migration-run.js';
import type { ForeignTool } from '../../lib/migrate/index.js';

/** Said here again, so that help does not load the feature; the annotation keeps the two alike. */
const TOOLS = [
  'dbmate',
  'golang-migrate',
  'goose',
  'flyway',
  'node-pg-migrate',
  'graphile-migrate',
  'drizzle',
  'prisma',
] as const satisfies readonly ForeignTool[];

export default class MigrateAdopt extends BaseCommand {
  static override summary = "take over another tool's ledger";
  static override description = describeCommand(
    "Records what the other tool applied as applied, in its order, with the files as they are now. Runs no migration, and leaves the tool's table as it is. A tool whose ledger names no SQL files, such as Alembic, is taken over with `migrate baseline`.",
    [...CONNECTING, 'LOCK_HELD', 'NOT_FOUND', 'MIGRATION_DRIFT', 'TARGET_NOT_EMPTY'],
  );
  static override examples = [
    '<%= config.bin %> migrate adopt --from dbmate --migrations-dir ./db/migrations',
    '<%= config.bin %> migrate adopt --from flyway --table app.flyway_schema_history',
  ];
  static override flags = {
    'migrations-dir': migrationsDirFlag,
    from: Flags.option({ options: TOOLS, required: true, helpValue: 'TOOL', summary: 'whose ledger' })(),
    table: Flags.string({ helpValue: 'TABLE', summary: "the tool's table (default its usual name)" }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).adoptResultSchema;

  async run() {
    const { flags } = await this.parse(MigrateAdopt);
    const context = await this.context(flags);
    const { adoptLedger } = await import('../../lib/migrate/index.js');
    const result = await adoptLedger(await migrateDeps(context, this.config.version), {
      migrationsDir: migrationsDirOf(context),
      from: flags.from,
      table: flags.table,
    });
    this.reporter.summary(
      `adopted ${plural(result.adopted.length, 'migration')} from ${result.table}, which is left as it is`,
    );
    return result;
  }
}
