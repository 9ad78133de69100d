import { Flags } from '@oclif/core';
import { join } from 'node:path';
import { BaseCommand } from '../lib/cli/base-command.js';
import { confirmDestructive } from '../lib/cli/confirm.js';
import type { Context } from '../lib/cli/context.js';
import { CONNECTING, describeCommand } from '../lib/cli/describe.js';
import { dirFlag, migrationsDirFlag, yesFlag } from '../lib/cli/flags.js';
import { initView } from '../lib/cli/views/init.js';
import { describeTarget, type ConnectionTarget } from '../lib/core/connection.js';

export default class Init extends BaseCommand {
  static override summary = 'create the database if missing, migrate it and seed it';
  static override description = describeCommand(
    'With nothing configured it creates the embedded server first. What is done already is left as it is. --drop recreates the database; a non-empty one is backed up first, and nothing is dropped if that fails.',
    [
      ...CONNECTING,
      'LOCK_HELD',
      'TOOL_MISSING',
      'TOOL_FAILED',
      'MIGRATION_DRIFT',
      'MIGRATION_FAILED',
      'IO',
      'INVARIANT',
    ],
  );
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --seed-level demo',
    '<%= config.bin %> init --no-seed --migrations-dir ./migrations',
    '<%= config.bin %> init --drop --yes',
  ];
  static override flags = {
    drop: Flags.boolean({ summary: 'drop the database and create it again' }),
    yes: yesFlag,
    migrate: Flags.boolean({ default: true, allowNo: true, summary: 'apply the migrations' }),
    seed: Flags.boolean({ default: true, allowNo: true, summary: 'seed the packaged schema' }),
    'seed-level': Flags.option({
      options: ['reference', 'demo'] as const,
      default: 'reference',
      summary: 'how much to seed',
    })(),
    'safety-backup': Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'with --drop: back up a non-empty database first',
    }),
    'migrations-dir': migrationsDirFlag,
    dir: dirFlag,
  };
  static override readonly resultSchema = async () => (await import('../lib/init/index.js')).initResultSchema;

  async run() {
    const { flags } = await this.parse(Init);
    const context = await this.context(flags);
    const { initialise } = await import('../lib/init/index.js');
    const target = await context.target({ create: true });
    const deps = {
      target,
      signal: context.signal,
      toolVersion: this.config.version,
      onProgress: this.reporter.progress,
      onNotice: (text: string) => this.reporter.note(text),
    };
    if (flags.drop) {
      await confirmDestructive({
        question: `Drop database "${target.database}" (${describeTarget(target)}) and all that is in it?`,
        yes: flags.yes,
        input: process.stdin,
        output: process.stderr,
        signal: context.signal,
      });
    }
    const own = context.config.migrationsDir;
    const result = await initialise(
      { ...deps, takeSafetyBackup: () => this.#takeSafetyBackup(context, target) },
      {
        drop: flags.drop,
        safetyBackup: flags['safety-backup'],
        migrationsDir: flags.migrate ? (own ?? join(context.packageRoot, 'sql/migrations')) : undefined,
        // Only the packaged schema has fixtures.
        seedLevel: flags.seed && flags.migrate && own === undefined ? flags['seed-level'] : undefined,
      },
    );
    this.reporter.summary(initView(result, this.reporter.paint));
    return result;
  }

  async #takeSafetyBackup(context: Context, target: ConnectionTarget) {
    const { createBackup } = await import('../lib/backup/index.js');
    const { id, path } = await createBackup(
      {
        target,
        pgTools: await context.pgTools(),
        now: context.now,
        signal: context.signal,
        onProgress: this.reporter.progress,
        onWarning: (text) => this.reporter.warn(text),
        version: this.config.version,
      },
      { directory: context.config.backupDir, jobs: 2, label: 'before init --drop' },
    );
    this.reporter.note(`backed up to ${path} before dropping`);
    return { id, path };
  }
}
