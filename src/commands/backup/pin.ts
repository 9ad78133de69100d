import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { backupArgument, dirFlag } from '../../lib/cli/flags.js';

export default class BackupPinCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).backupSchema;
  static override summary = 'keep a backup from every rotation';
  static override description = describeCommand(
    'A pinned backup is never removed by prune or by --keep-... rules until it is unpinned. No server is needed.',
    ['CONFIG_INVALID', 'NOT_FOUND', 'BACKUP_CORRUPT', 'LOCK_HELD', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup pin latest --reason "before the upgrade"',
    '<%= config.bin %> backup pin 20261122T031500Z-7f3a',
  ];
  static override args = { backup: backupArgument };
  static override flags = {
    dir: dirFlag,
    reason: Flags.string({ helpValue: 'TEXT', summary: 'why it must stay' }),
  };

  async run() {
    const { args, flags } = await this.parse(BackupPinCommand);
    const context = await this.context(flags);
    const { findBackup, pinBackup } = await import('../../lib/backup/index.js');
    const found = await findBackup({
      directory: context.config.backupDir,
      reference: args.backup,
      database: context.config.target?.database,
      onWarning: (text) => this.reporter.warn(text),
    });
    const deps = { runTool: await context.runTool(), now: context.now, signal: context.signal };
    const backup = await pinBackup(deps, found, flags.reason ?? null);
    this.reporter.summary(`pinned ${backup.id} of database ${backup.database}`);
    return backup;
  }
}
