import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { dirFlag } from '../../lib/cli/flags.js';
import { catalogueView } from '../../lib/cli/views/backup.js';

export default class BackupListCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).catalogueSchema;
  static override summary = 'list the backups of a store, newest first';
  static override description = describeCommand(
    'Shows every complete backup in the store, of every database. Only finished backups are listed. No server is needed.',
    ['CONFIG_INVALID', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup list',
    '<%= config.bin %> backup list --dir /var/backups/postgres --database shop --json',
  ];
  static override flags = {
    dir: dirFlag,
    database: Flags.string({ helpValue: 'NAME', summary: 'only backups of this database' }),
  };

  async run() {
    const { flags } = await this.parse(BackupListCommand);
    const { config } = await this.context(flags);
    const { listBackups } = await import('../../lib/backup/index.js');
    const catalogue = await listBackups(config.backupDir, flags.database);
    for (const { path, problem } of catalogue.damaged)
      this.reporter.warn(`damaged backup ${path}: ${problem}`);
    this.reporter.data(catalogueView(catalogue, config.backupDir, this.reporter.paint));
    return catalogue;
  }
}
