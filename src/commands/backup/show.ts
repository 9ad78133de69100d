import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { backupArgument, dirFlag } from '../../lib/cli/flags.js';
import { backupView } from '../../lib/cli/views/backup.js';

export default class BackupShowCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).backupSchema;
  static override summary = 'show what is in a backup';
  static override description = describeCommand(
    'Prints the manifest: versions, sizes, and every table with its rows and the hash of its contents. No server is needed.',
    ['CONFIG_INVALID', 'NOT_FOUND', 'BACKUP_CORRUPT', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup show latest',
    '<%= config.bin %> backup show 20261122T031500Z-7f3a --json',
  ];
  static override args = { backup: backupArgument };
  static override flags = { dir: dirFlag };

  async run() {
    const { args, flags } = await this.parse(BackupShowCommand);
    const { config } = await this.context(flags);
    const { findBackup } = await import('../../lib/backup/index.js');
    const backup = await findBackup({
      directory: config.backupDir,
      reference: args.backup,
      database: config.target?.database,
      onWarning: (text) => this.reporter.warn(text),
    });
    this.reporter.data(backupView(backup, this.reporter.paint));
    return backup;
  }
}
