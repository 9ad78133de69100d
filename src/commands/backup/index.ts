import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, jobsFlag } from '../../lib/cli/flags.js';
import { createdView } from '../../lib/cli/views/backup.js';

export default class BackupCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).backupSchema;
  static override summary = 'take a backup, read it back, publish it';
  static override description = describeCommand(
    'Dumps the database from one snapshot with pg_dump, reads every byte of the dump back (rows counted, each table hashed), and only then gives the backup its name. An interrupted or failed backup leaves nothing behind. The dump in it is an ordinary directory archive: stock pg_restore reads it without bk-db.',
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
    'DATABASE_URL=postgresql://app@db.example.org/shop <%= config.bin %> backup --jobs 4 --json',
  ];
  static override flags = {
    dir: dirFlag,
    jobs: jobsFlag,
    label: Flags.string({ helpValue: 'TEXT', summary: 'a word on why it was taken' }),
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
      { directory: context.config.backupDir, jobs: flags.jobs, label: flags.label },
    );
    this.reporter.summary(createdView(backup, this.reporter.paint));
    return backup;
  }
}
