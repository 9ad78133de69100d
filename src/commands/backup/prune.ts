import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { confirmDestructive } from '../../lib/cli/confirm.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, yesFlag } from '../../lib/cli/flags.js';
import { policyOf, retentionFlags } from '../../lib/cli/retention-flags.js';
import { pruneView } from '../../lib/cli/views/backup.js';

export default class BackupPruneCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).pruneResultSchema;
  static override summary = 'remove the backups that no rule keeps';
  static override description = describeCommand(
    'Works database by database; the newest backup of each always stays, pinned ones too, and damaged ones are left for a person. What interrupted backups left is removed. Shows the reason for everything that stays. Asks first; without a terminal it needs --yes. No server is needed.',
    ['CONFIG_INVALID', 'LOCK_HELD', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup prune --keep-daily 7 --keep-weekly 4 --dry-run',
    '<%= config.bin %> backup prune --keep-last 3 --database shop --yes',
    '<%= config.bin %> backup prune --keep-within 14d --dir /var/backups/postgres --yes --json',
  ];
  static override flags = {
    dir: dirFlag,
    database: Flags.string({ helpValue: 'NAME', summary: 'only backups of this database' }),
    ...retentionFlags,
    'dry-run': Flags.boolean({ summary: 'say what would go, remove nothing' }),
    yes: yesFlag,
  };

  async run() {
    const { flags } = await this.parse(BackupPruneCommand);
    const context = await this.context(flags);
    const { pruneBackups } = await import('../../lib/backup/index.js');
    const options = {
      directory: context.config.backupDir,
      policy: policyOf(flags) ?? {},
      database: flags.database,
    };
    const deps = { runTool: await context.runTool(), now: context.now, signal: context.signal };
    const plan = await pruneBackups(deps, { ...options, dryRun: true });
    if (flags['dry-run'] || plan.removed + plan.partials.length === 0) return this.#show(plan);
    await confirmDestructive({
      question: `Remove ${plan.removed} of ${plan.backups.length} backups from ${options.directory}?`,
      yes: flags.yes,
      input: process.stdin,
      output: process.stderr,
      signal: context.signal,
    });
    return this.#show(await pruneBackups(deps, { ...options, dryRun: false }));
  }

  #show<Result extends Parameters<typeof pruneView>[0]>(result: Result): Result {
    this.reporter.summary(pruneView(result, this.reporter.paint));
    return result;
  }
}
