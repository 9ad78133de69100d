import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { schemaFileFlag } from '../../lib/cli/flags.js';
import {
  keepSchemaFile,
  migrateDeps,
  migrationRunFlags,
  migrationsDirOf,
  runLimitsOf,
} from '../../lib/cli/migration-run.js';
import { withStepSummary } from '../../lib/cli/step-summary.js';
import { migrateMarkdown } from '../../lib/cli/views/migrate-markdown.js';
import { migrateView } from '../../lib/cli/views/migrate.js';
import { plural } from '../../lib/cli/format.js';

export default class Migrate extends BaseCommand {
  static override summary = 'apply pending migrations';
  static override description = describeCommand(
    'Each file runs in one transaction together with its row of the ledger (schema bk_migrations). One run at a time: others wait, and then find nothing to do. A table that is in use is tried again and again for a moment each, so that the application never queues behind a migration. With --wait it also waits for a server that is starting. With --schema-file the schema is kept as text (by pg_dump), for reviews. In a job of GitHub Actions the outcome is added to the page of the run.',
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
    '<%= config.bin %> migrate',
    '<%= config.bin %> migrate --dry-run',
    '<%= config.bin %> migrate --wait 60s',
    '<%= config.bin %> migrate --migrations-dir ./migrations --to 0004',
    '<%= config.bin %> migrate --single-transaction --schema-file schema.sql',
  ];
  static override flags = {
    ...migrationRunFlags,
    'schema-file': schemaFileFlag,
    to: Flags.string({ helpValue: 'V', summary: 'apply up to this version' }),
    step: Flags.integer({ helpValue: 'N', min: 1, summary: 'apply at most so many' }),
    'dry-run': Flags.boolean({ summary: 'print what would run, and run nothing' }),
    'single-transaction': Flags.boolean({ summary: 'apply all of them in one transaction, or none' }),
    'allow-out-of-order': Flags.boolean({ summary: 'also apply what comes before an applied one' }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).migrateResultSchema;

  async run() {
    const { flags } = await this.parse(Migrate);
    const context = await this.context(flags);
    const { migrate, updateSchemaFile } = await import('../../lib/migrate/index.js');
    const deps = await migrateDeps(context, this.config.version);
    const options = {
      ...runLimitsOf(context, flags),
      migrationsDir: migrationsDirOf(context),
      to: flags.to,
      step: flags.step,
      dryRun: flags['dry-run'],
      singleTransaction: flags['single-transaction'],
      allowOutOfOrder: flags['allow-out-of-order'],
    };
    const result = await withStepSummary(context, { command: 'migrate', view: migrateMarkdown }, () =>
      migrate(deps, options),
    );
    if (result.dryRun) {
      for (const { file, sql } of result.planned) this.reporter.data(`-- ${file}\n${sql.trimEnd()}\n`);
      this.reporter.note(`${plural(result.planned.length, 'migration')} would be applied; nothing was run`);
      return result;
    }
    // Another folder's schema has none; where it has, `maintain` comes for them.
    if (result.applied.length > 0 || context.config.migrationsDir === undefined) {
      const { createPartitionsAhead } = await import('../../lib/maintain/index.js');
      await createPartitionsAhead(deps);
    }
    const changed = result.applied.length > 0;
    const kept = await keepSchemaFile(context, (pgTools, path) =>
      updateSchemaFile({ ...deps, pgTools }, { path, changed }),
    );
    this.reporter.summary(migrateView(result));
    return { ...result, ...kept };
  }
}
