import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../lib/cli/describe.js';
import { backupArgument, dirFlag, jobsFlag } from '../lib/cli/flags.js';
import { restoredView } from '../lib/cli/views/restore.js';

export default class RestoreCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/restore/index.js')).restoreResultSchema;
  static override summary = 'restore a backup into a new or empty database, and prove it';
  static override description = describeCommand(
    'The backup is read through first. The database is created with the encoding and collation of the source, or must be empty: nothing is ever written over data. Roles and extensions that the server lacks are named before anything is written. Afterwards every table is read out of the new database and compared with the backup, byte for byte. A database that restore created is dropped again when the restore fails.',
    [
      ...CONNECTING,
      'NOT_FOUND',
      'BACKUP_CORRUPT',
      'TARGET_NOT_EMPTY',
      'VERIFY_MISMATCH',
      'TOOL_MISSING',
      'TOOL_FAILED',
      'IO',
    ],
  );
  static override examples = [
    '<%= config.bin %> restore latest --into shop_copy',
    '<%= config.bin %> restore 20261122T031500Z-7f3a --into shop_copy --jobs 4',
    '<%= config.bin %> restore latest --into shop_copy --no-owner --no-privileges --dry-run',
    '<%= config.bin %> restore /mnt/backups/shop/20261122T031500Z-7f3a --into shop_copy --json',
  ];
  static override args = { backup: backupArgument };
  static override flags = {
    dir: dirFlag,
    into: Flags.string({
      helpValue: 'DB',
      summary: 'database to restore into, new or empty (default the configured one)',
    }),
    jobs: jobsFlag,
    'no-owner': Flags.boolean({ summary: 'everything will belong to the restoring role' }),
    'no-privileges': Flags.boolean({ summary: 'restore no GRANT' }),
    role: Flags.string({ helpValue: 'ROLE', summary: 'become this role (SET ROLE) before anything is made' }),
    'dry-run': Flags.boolean({ summary: 'check the backup and the server, write nothing' }),
    verify: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'compare every table with the backup afterwards',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(RestoreCommand);
    const context = await this.context(flags);
    const target = await context.target();
    const [{ findBackup }, { restoreBackup }] = await Promise.all([
      import('../lib/backup/index.js'),
      import('../lib/restore/index.js'),
    ]);
    const backup = await findBackup({
      directory: context.config.backupDir,
      reference: args.backup,
      database: target.database,
      onWarning: (text) => this.reporter.warn(text),
    });
    const result = await restoreBackup(
      {
        target,
        pgTools: await context.pgTools(),
        signal: context.signal,
        onProgress: this.reporter.progress,
      },
      {
        backup,
        into: flags.into ?? target.database,
        jobs: flags.jobs,
        verify: flags.verify,
        dryRun: flags['dry-run'],
        ownership: {
          noOwner: flags['no-owner'],
          noPrivileges: flags['no-privileges'],
          role: flags.role,
        },
      },
    );
    this.reporter.summary(restoredView(result, this.reporter.paint));
    return result;
  }
}
