import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { RetentionPolicy } from '../../lib/backup/index.js';
import { confirmDestructive } from '../../lib/cli/confirm.js';
import type { Context } from '../../lib/cli/context.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, remoteStoreFlag, yesFlag } from '../../lib/cli/flags.js';
import { policyOf, retentionFlags } from '../../lib/cli/retention-flags.js';
import { pruneView } from '../../lib/cli/views/backup.js';

interface Pruning {
  readonly policy: RetentionPolicy;
  readonly database: string | undefined;
}

export default class BackupPruneCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).pruneResultSchema;
  static override summary = 'remove the backups that no rule keeps';
  static override description = describeCommand(
    'Works database by database; the newest backup of each always stays, pinned ones too, and damaged ones are left for a person. What interrupted backups left is removed. Shows the reason for everything that stays. Asks first; without a terminal it needs --yes. No server is needed. With --remote the same rules apply to the store in object storage; what was begun there and has had no manifest for three days is removed.',
    ['CONFIG_INVALID', 'CONNECTION_FAILED', 'PERMISSION', 'NOT_FOUND', 'LOCK_HELD', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup prune --keep-daily 7 --keep-weekly 4 --dry-run',
    '<%= config.bin %> backup prune --keep-last 3 --database shop --yes',
    '<%= config.bin %> backup prune --keep-within 14d --dir /var/backups/postgres --yes --json',
    '<%= config.bin %> backup prune --remote --keep-monthly 12 --dry-run',
  ];
  static override flags = {
    dir: dirFlag,
    database: Flags.string({ helpValue: 'NAME', summary: 'only backups of this database' }),
    ...retentionFlags,
    remote: Flags.boolean({ summary: 'the remote store instead' }),
    'remote-store': remoteStoreFlag,
    'dry-run': Flags.boolean({ summary: 'say what would go, remove nothing' }),
    yes: yesFlag,
  };

  async run() {
    const { flags } = await this.parse(BackupPruneCommand);
    const context = await this.context(flags);
    const policy = policyOf(flags) ?? {};
    const prune = flags.remote
      ? await this.#pruneRemote(context, { policy, database: flags.database })
      : await this.#pruneLocal(context, { policy, database: flags.database });
    const plan = await prune(true);
    if (flags['dry-run'] || plan.removed + plan.partials.length === 0) return this.#show(plan);
    const place = flags.remote ? (context.config.s3.remote ?? '') : context.config.backupDir;
    await confirmDestructive({
      question: `Remove ${plan.removed} of ${plan.backups.length} backups from ${place}?`,
      yes: flags.yes,
      input: process.stdin,
      output: process.stderr,
      signal: context.signal,
    });
    return this.#show(await prune(false));
  }

  async #pruneLocal(context: Context, options: Pruning) {
    const { pruneBackups } = await import('../../lib/backup/index.js');
    const deps = { runTool: await context.runTool(), now: context.now, signal: context.signal };
    const directory = context.config.backupDir;
    return (dryRun: boolean) => pruneBackups(deps, { ...options, directory, dryRun });
  }

  async #pruneRemote(context: Context, options: Pruning) {
    const { pruneRemote, remoteStoreOf } = await import('../../lib/offsite/index.js');
    const store = await remoteStoreOf(context.config.s3);
    return (dryRun: boolean) => pruneRemote(context, { ...options, store, dryRun });
  }

  #show<Result extends Parameters<typeof pruneView>[0]>(result: Result): Result {
    this.reporter.summary(pruneView(result, this.reporter.paint));
    return result;
  }
}
