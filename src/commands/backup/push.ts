import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { backupArgument, dirFlag, remoteStoreFlag } from '../../lib/cli/flags.js';
import { policyOf, retentionFlags } from '../../lib/cli/retention-flags.js';
import { pushedView } from '../../lib/cli/views/offsite.js';

export default class BackupPushCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/offsite/index.js')).pushedBackupSchema;
  static override summary = 'copy a backup to object storage';
  static override description = describeCommand(
    'Sends a backup to a bucket that speaks S3: large files in parts, what failed again, its manifest last, so that a part of a backup is never listed. Files are compared with the manifest before they leave, and with what was received. A push that was interrupted goes on where it was. With --keep-... older backups in the remote store that no rule keeps are removed afterwards. Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or from ~/.aws/credentials.',
    ['CONFIG_INVALID', 'CONNECTION_FAILED', 'PERMISSION', 'NOT_FOUND', 'LOCK_HELD', 'BACKUP_CORRUPT', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup push',
    '<%= config.bin %> backup push 20261122T031500Z-7f3a --remote-store s3://shop-backups/postgres',
    '<%= config.bin %> backup push latest --keep-daily 30 --keep-monthly 12',
  ];
  static override args = { backup: backupArgument };
  static override flags = { dir: dirFlag, 'remote-store': remoteStoreFlag, ...retentionFlags };

  async run() {
    const { args, flags } = await this.parse(BackupPushCommand);
    const context = await this.context(flags);
    const { config, now, signal } = context;
    const { findBackup } = await import('../../lib/backup/index.js');
    const { pushBackup, remoteStoreOf } = await import('../../lib/offsite/index.js');
    const store = await remoteStoreOf(config.s3);
    const backup = await findBackup({
      directory: config.backupDir,
      reference: args.backup,
      database: config.target?.database,
      onWarning: (text) => this.reporter.warn(text),
    });
    const deps = { runTool: await context.runTool(), now, signal, onProgress: this.reporter.progress };
    const pushed = await pushBackup(deps, { store, backup, retention: policyOf(flags) });
    this.reporter.summary(pushedView(pushed, this.reporter.paint));
    return pushed;
  }
}
