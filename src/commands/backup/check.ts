import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Context } from '../../lib/cli/context.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, durationFlag, remoteStoreFlag } from '../../lib/cli/flags.js';
import { checkView } from '../../lib/cli/views/backup.js';
import { BkDbError, EXIT_STATUSES } from '../../lib/core/errors.js';

export default class BackupCheckCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).backupCheckSchema;
  static override summary = 'tell whether the newest backup is young and large enough';
  static override description = describeCommand(
    'For cron and monitoring: ends with 4 when there is no backup, when the newest is too old, too small or dated in the future, or when a backup of the store has lost its manifest. Looks at the configured database, else at every database of the store. No server is needed. With --remote it looks at the store in object storage.',
    ['CONFIG_INVALID', 'FINDINGS', 'CONNECTION_FAILED', 'PERMISSION', 'NOT_FOUND', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup check --max-age 26h',
    '<%= config.bin %> backup check --max-age 26h --min-size 50% --database shop',
    '<%= config.bin %> backup check --max-age 26h --remote',
    '<%= config.bin %> backup check --max-age 7d --dir /var/backups/postgres --json',
  ];
  static override flags = {
    dir: dirFlag,
    database: Flags.string({ helpValue: 'NAME', summary: 'whose backups (default the configured database)' }),
    'max-age': durationFlag({
      helpValue: 'D',
      required: true,
      summary: 'oldest that the newest may be, such as 26h',
    }),
    'min-size': Flags.string({
      helpValue: 'P',
      summary: 'smallest that the newest may be: 50% of the one before, or bytes such as 10MB',
    }),
    remote: Flags.boolean({ summary: 'the remote store instead' }),
    'remote-store': remoteStoreFlag,
  };

  async run() {
    const { flags } = await this.parse(BackupCheckCommand);
    const context = await this.context(flags);
    const { checkBackups, parseMinSize, readStore } = await import('../../lib/backup/index.js');
    const size = flags['min-size'];
    const minSize = size === undefined ? undefined : parseMinSize(size);
    if (size !== undefined && minSize === undefined) {
      throw new BkDbError('USAGE', `--min-size must be a share or a size, not "${size}"`, {
        hint: 'Write it like 50% or 10MB.',
      });
    }
    const place = flags.remote ? (context.config.s3.remote ?? '') : context.config.backupDir;
    const content = flags.remote ? await this.#readRemote(context) : await readStore(place);
    const check = checkBackups(content, {
      place,
      database: flags.database ?? context.config.target?.database,
      maxAgeMs: flags['max-age'],
      minSize,
      now: context.now(),
    });
    const view = checkView(check, this.reporter.paint);
    if (check.ok) this.reporter.summary(view);
    else this.reporter.data(view);
    if (!check.ok) this.endWith(EXIT_STATUSES.FINDINGS);
    return check;
  }

  async #readRemote({ config, signal }: Context) {
    const { readRemoteStore, remoteStoreOf } = await import('../../lib/offsite/index.js');
    return readRemoteStore(await remoteStoreOf(config.s3), signal);
  }
}
