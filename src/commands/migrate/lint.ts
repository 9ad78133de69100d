import { Args, Flags } from '@oclif/core';
import { resolve } from 'node:path';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag } from '../../lib/cli/flags.js';
import { migrationsDirOf } from '../../lib/cli/migration-run.js';
import { lintGithubView, lintSarifView, lintTextView } from '../../lib/cli/views/lint.js';
import { withStepSummary } from '../../lib/cli/step-summary.js';
import { lintMarkdown } from '../../lib/cli/views/migrate-markdown.js';
import type { LintResult } from '../../lib/migrate/index.js';
import { EXIT_STATUSES } from '../../lib/core/errors.js';

export default class MigrateLint extends BaseCommand {
  static override summary = 'find statements that are dangerous for a database in use';
  static override description = describeCommand(
    'Reads the files and needs no database. Reports what blocks reads or writes for long, rewrites a table, checks all rows under a lock, loses data, or breaks a running application; tables that the same file creates are exempt. `-- bk-db: allow RULE reason` before a statement allows it. With --format sarif or github it writes what code scanning and GitHub Actions read.',
    ['CONFIG_INVALID', 'FINDINGS', 'NOT_FOUND', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> migrate lint --migrations-dir ./migrations',
    '<%= config.bin %> migrate lint migrations/0007_orders.up.sql',
    '<%= config.bin %> migrate lint --format github',
    '<%= config.bin %> migrate lint --ignore locks-referenced-table --ignore loses-data',
  ];
  static override strict = false;
  static override args = { file: Args.string({ description: 'single files (default: every migration)' }) };
  static override flags = {
    'migrations-dir': migrationsDirFlag,
    ignore: Flags.string({
      helpValue: 'RULE',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'do not report this rule (may be given several times)',
    }),
    format: Flags.option({
      options: ['text', 'github', 'sarif'] as const,
      default: 'text',
      summary: 'form of the findings',
    })(),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).lintResultSchema;

  async run() {
    const { argv, flags } = await this.parse(MigrateLint);
    const context = await this.context(flags);
    const { lintMigrations } = await import('../../lib/migrate/index.js');
    const files = argv.map((file) => resolve(context.cwd, String(file)));
    const view = (found: LintResult) => lintMarkdown(found, context.cwd);
    const result = await withStepSummary(context, { command: 'migrate lint', view }, () =>
      lintMigrations({ migrationsDir: migrationsDirOf(context), files, ignore: flags.ignore }),
    );
    const views = {
      text: () => lintTextView(result, this.reporter.paint),
      github: () => lintGithubView(result, context.cwd),
      sarif: () => lintSarifView(result, context.cwd),
    };
    this.reporter.data(views[flags.format]());
    if (result.findings.length > 0) this.endWith(EXIT_STATUSES.FINDINGS);
    return result;
  }
}
