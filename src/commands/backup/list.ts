import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, remoteStoreFlag } from '../../lib/cli/flags.js';
import type { S3Settings } from '../../lib/core/config/index.js';
import { catalogueView } from '../../lib/cli/views/backup.js';

export default class BackupListCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).catalogueSchema;
  static override summary = 'list the backups of a store, newest first';
  static override description = describeCommand(
    'Shows every complete backup in the store, of every database. Only finished backups are listed. No server is needed. With --remote the store in object storage is shown.',
    ['CONFIG_INVALID', 'CONNECTION_FAILED', 'PERMISSION', 'NOT_FOUND', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup list',
    '<%= config.bin %> backup list --dir /var/backups/postgres --database shop --json',
    '<%= config.bin %> backup list --remote',
  ];
  static override flags = {
    dir: dirFlag,
    database: Flags.string({ helpValue: 'NAME', summary: 'only backups of this database' }),
    remote: Flags.boolean({ summary: 'the remote store instead' }),
    'remote-store': remoteStoreFlag,
  };

  async run() {
    const { flags } = await this.parse(BackupListCommand);
    const { config, signal } = await this.context(flags);
    const place = flags.remote ? (config.s3.remote ?? '') : config.backupDir;
    const catalogue = flags.remote
      ? await this.#listRemote(config.s3, signal, flags.database)
      : await (await import('../../lib/backup/index.js')).listBackups(place, flags.database);
    for (const { path, problem } of catalogue.damaged)
      this.reporter.warn(`damaged backup ${path}: ${problem}`);
    this.reporter.data(catalogueView(catalogue, place, this.reporter.paint));
    return catalogue;
  }

  async #listRemote(settings: S3Settings, signal: AbortSignal, database: string | undefined) {
    const { listRemote, remoteStoreOf } = await import('../../lib/offsite/index.js');
    return listRemote(await remoteStoreOf(settings), signal, database);
  }
}
