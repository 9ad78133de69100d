import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, jobsFlag } from '../../lib/cli/flags.js';
import { policyOf, retentionFlags } from '../../lib/cli/retention-flags.js';
import { createdView } from '../../lib/cli/views/backup.js';

export default class BackupCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).createdBackupSchema;
  static override summary = 'take a backup, read it back, publish it';
  static override description = describeCommand(
    'Dumps the database from one snapshot with pg_dump, reads every byte of the dump back (rows counted, each table hashed), and only then gives the backup its name. With --keep-... older backups of the same database that no rule keeps are removed afterwards; a failed backup never removes one. An interrupted or failed backup leaves nothing behind. The dump in it is an ordinary directory archive: stock pg_restore reads it without bk-db.',
    [
      ...CONNECTING,
      'NOT_FOUND',
      'LOCK_HELD',
      'TOOL_MISSING',
      'TOOL_FAILED',
      'BACKUP_CORRUPT',
      'IO',
      'TIMEOUT',
    ],
  );
  static override examples = [
    '<%= config.bin %> backup',
    '<%= config.bin %> backup --dir /var/backups/postgres --label before-upgrade',
    '<%= config.bin %> backup --keep-daily 7 --keep-weekly 4 --keep-monthly 12',
    'DATABASE_URL=postgresql://app@db.example.org/shop <%= config.bin %> backup --jobs 4 --json',
  ];
  static override flags = {
    dir: dirFlag,
    jobs: jobsFlag,
    label: Flags.string({ helpValue: 'TEXT', summary: 'a word on why it was taken' }),
    ...retentionFlags,
    rotate: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'remove older backups by the --keep-... rules',
    }),
  };

  async run() {
    const { flags } = await this.parse(BackupCommand);
    const context = await this.context(flags);
    const { createBackup } = await import('../../lib/backup/index.js');
    const backup = await createBackup(
      {
        target: await context.target(),
        pgTools: await context.pgTools(),
        now: context.now,
        signal: context.signal,
        onProgress: this.reporter.progress,
        onWarning: (text) => this.reporter.warn(text),
        version: this.config.version,
      },
      {
        directory: context.config.backupDir,
        jobs: flags.jobs,
        label: flags.label,
        retention: flags.rotate ? policyOf(flags) : undefined,
      },
    );
    this.reporter.summary(createdView(backup, this.reporter.paint));
    return backup;
  }
}
