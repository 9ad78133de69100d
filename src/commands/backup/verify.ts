import { Flags } from '@oclif/core';
import { availableParallelism } from 'node:os';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { backupArgument, dirFlag } from '../../lib/cli/flags.js';
import { verificationsView } from '../../lib/cli/views/backup.js';
import type { Verifications } from '../../lib/backup/types.js';

export default class BackupVerifyCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).verificationsSchema;
  static override summary = 'read backups again and compare every byte with their manifests';
  static override description = describeCommand(
    'Every file is read and hashed, every table unpacked to its end marker, its rows counted and its contents hashed; a missing, extra, shortened or altered file is named with its table. No server is needed.',
    ['CONFIG_INVALID', 'BACKUP_CORRUPT', 'NOT_FOUND', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> backup verify latest',
    '<%= config.bin %> backup verify --all --dir /var/backups/postgres',
    '<%= config.bin %> backup verify 20261122T031500Z-7f3a --json',
  ];
  static override args = { backup: backupArgument };
  static override flags = {
    dir: dirFlag,
    all: Flags.boolean({ summary: 'verify every backup of the store' }),
  };

  async run(): Promise<Verifications> {
    const { args, flags } = await this.parse(BackupVerifyCommand);
    const { config, signal } = await this.context(flags);
    const { backupPaths, refuseCorrupt, verifyBackup } = await import('../../lib/backup/index.js');
    const paths = await backupPaths({
      directory: config.backupDir,
      reference: args.backup,
      all: flags.all,
      database: config.target?.database,
      onWarning: (text) => this.reporter.warn(text),
    });
    const verifications: Verifications['verifications'] = [];
    for (const path of paths) {
      const verification = await verifyBackup(
        { signal, onProgress: this.reporter.progress },
        { path, concurrency: availableParallelism() },
      );
      this.reporter.summary(verificationsView([verification], this.reporter.paint));
      verifications.push(verification);
    }
    refuseCorrupt(verifications);
    return { verifications };
  }
}
