import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { backupArgument, dirFlag } from '../../lib/cli/flags.js';

export default class BackupUnpinCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).backupSchema;
  static override summary = 'let rotation remove a pinned backup again';
  static override description = describeCommand(
    'Takes the mark of pin away. Nothing is removed now. No server is needed.',
    ['CONFIG_INVALID', 'NOT_FOUND', 'BACKUP_CORRUPT', 'LOCK_HELD', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup unpin 20261122T031500Z-7f3a',
    '<%= config.bin %> backup unpin latest --dir /var/backups/postgres',
  ];
  static override args = { backup: backupArgument };
  static override flags = {
    dir: dirFlag,
  };

  async run() {
    const { args, flags } = await this.parse(BackupUnpinCommand);
    const context = await this.context(flags);
    const { findBackup, unpinBackup } = await import('../../lib/backup/index.js');
    const found = await findBackup({
      directory: context.config.backupDir,
      reference: args.backup,
      database: context.config.target?.database,
      onWarning: (text) => this.reporter.warn(text),
    });
    const deps = { runTool: await context.runTool(), now: context.now, signal: context.signal };
    const backup = await unpinBackup(deps, found);
    this.reporter.summary(`unpinned ${backup.id} of database ${backup.database}`);
    return backup;
  }
}
