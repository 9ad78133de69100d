import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { backupArgument, dirFlag, remoteStoreFlag } from '../../lib/cli/flags.js';
import { pulledView } from '../../lib/cli/views/offsite.js';

export default class BackupPullCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/offsite/index.js')).pulledBackupSchema;
  static override summary = 'copy a backup from object storage into the local store';
  static override description = describeCommand(
    'Every file is compared with the manifest before the backup gets its name; an interrupted or damaged one leaves nothing behind. `bk-db restore` and `bk-db backup verify` then take it as any other. No server is needed.',
    [
      'CONFIG_INVALID',
      'CONNECTION_FAILED',
      'PERMISSION',
      'NOT_FOUND',
      'TARGET_NOT_EMPTY',
      'LOCK_HELD',
      'BACKUP_CORRUPT',
      'IO',
    ],
  );
  static override examples = [
    '<%= config.bin %> backup pull',
    '<%= config.bin %> backup pull 20261122T031500Z-7f3a --remote-store s3://shop-backups/postgres',
  ];
  static override args = { backup: backupArgument };
  static override flags = { dir: dirFlag, 'remote-store': remoteStoreFlag };

  async run() {
    const { args, flags } = await this.parse(BackupPullCommand);
    const context = await this.context(flags);
    const { config, signal } = context;
    const { pullBackup, remoteStoreOf } = await import('../../lib/offsite/index.js');
    const deps = {
      runTool: await context.runTool(),
      signal,
      onProgress: this.reporter.progress,
      onWarning: (text: string) => this.reporter.warn(text),
    };
    const pulled = await pullBackup(deps, {
      store: await remoteStoreOf(config.s3),
      directory: config.backupDir,
      reference: args.backup,
      database: config.target?.database,
    });
    this.reporter.summary(pulledView(pulled, this.reporter.paint));
    return pulled;
  }
}
