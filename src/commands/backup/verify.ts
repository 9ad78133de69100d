import { Flags } from '@oclif/core';
import { availableParallelism } from 'node:os';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { backupArgument, dirFlag, identityFlag, reportFlag } from '../../lib/cli/flags.js';
import { verificationsView } from '../../lib/cli/views/backup.js';
import type { ConnectionTarget } from '../../lib/core/connection.js';
import { BkDbError } from '../../lib/core/errors.js';
import type { Context } from '../../lib/cli/context.js';
import type { BackupVerification, Verifications } from '../../lib/backup/types.js';

export default class BackupVerifyCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/backup/index.js')).verificationsSchema;
  static override summary = 'read backups again and compare every byte with their manifests';
  static override description = describeCommand(
    "Every file is read and hashed, every table unpacked to its end marker, its rows counted and its contents hashed; a missing, extra, shortened or altered file is named with its table, and the backup counts as damaged until it is found good again: it is not `latest`, and no rotation counts it. Of an encrypted backup only checksums of files are compared, unless --identity names the private key. No server is needed, except with --restore, which restores each backup into a scratch database of the configured server, compares every table, and drops it; with --scratch-server into a server of its own, which needs PostgreSQL's programs alone.",
    [
      'CONFIG_INVALID',
      'BACKUP_CORRUPT',
      'VERIFY_MISMATCH',
      'CONNECTION_FAILED',
      'NOT_FOUND',
      'PERMISSION',
      'TOOL_MISSING',
      'TOOL_FAILED',
      'IO',
    ],
  );
  static override examples = [
    '<%= config.bin %> backup verify latest',
    '<%= config.bin %> backup verify latest --restore',
    '<%= config.bin %> backup verify latest --scratch-server',
    '<%= config.bin %> backup verify latest --identity ~/.config/bk-db/key.txt',
    '<%= config.bin %> backup verify --subset 3/7',
    '<%= config.bin %> backup verify --all --dir /var/backups/postgres',
    '<%= config.bin %> backup verify 20261122T031500Z-7f3a --json',
  ];
  static override args = { backup: backupArgument };
  static override flags = {
    dir: dirFlag,
    identity: identityFlag,
    report: reportFlag,
    all: Flags.boolean({ summary: 'verify every backup of the store' }),
    subset: Flags.string({
      helpValue: 'N/M',
      exclusive: ['all'],
      summary: 'verify one of M equal parts of the store, such as $(date +%u)/7',
    }),
    restore: Flags.boolean({
      summary: 'restore each into a scratch database of the server, prove it, drop it',
    }),
    'scratch-server': Flags.boolean({
      summary: 'as --restore, but into a server that is made for it and destroyed afterwards',
    }),
  };

  async run(): Promise<Verifications> {
    const { args, flags } = await this.parse(BackupVerifyCommand);
    const context = await this.context(flags);
    const { config } = context;
    const { backupPaths, parseSubset } = await import('../../lib/backup/index.js');
    const paths = await backupPaths({
      directory: config.backupDir,
      reference: args.backup,
      all: flags.all,
      subset:
        flags.subset === undefined ? undefined : (parseSubset(flags.subset) ?? refuseSubset(flags.subset)),
      database: config.target?.database,
      onWarning: (text) => this.reporter.warn(text),
    });
    const verifications: BackupVerification[] = [];
    const verifyAll = async (target: ConnectionTarget | undefined) => {
      for (const path of paths) {
        const read = await this.#read(context, path);
        const verification = target && read.ok ? await this.#restore(context, target, read) : read;
        this.reporter.summary(verificationsView([verification], this.reporter.paint));
        verifications.push(verification);
      }
    };
    if (flags['scratch-server']) await context.withScratchServer(verifyAll);
    else await verifyAll(flags.restore ? await context.target() : undefined);
    const { refuseCorrupt } = await import('../../lib/backup/index.js');
    refuseCorrupt(verifications);
    return { verifications };
  }

  async #read(context: Context, path: string): Promise<BackupVerification> {
    const { noteVerification, verifyBackup } = await import('../../lib/backup/index.js');
    const { openTool } = await context.pgTools();
    const { signal, config } = context;
    const deps = { openTool, identityFile: config.identityFile, signal, onProgress: this.reporter.progress };
    const verification = await verifyBackup(deps, { path, concurrency: availableParallelism() });
    await noteVerification(verification);
    return verification;
  }

  async #restore(
    context: Context,
    target: ConnectionTarget,
    verification: BackupVerification,
  ): Promise<BackupVerification> {
    const [{ findBackup, noteRehearsal }, { rehearseRestore }] = await Promise.all([
      import('../../lib/backup/index.js'),
      import('../../lib/restore/index.js'),
    ]);
    const backup = await findBackup({
      directory: context.config.backupDir,
      reference: verification.path,
      database: undefined,
      onWarning: (text) => this.reporter.warn(text),
    });
    const deps = {
      target,
      pgTools: await context.pgTools(),
      identityFile: context.config.identityFile,
      now: context.now,
      signal: context.signal,
      onProgress: this.reporter.progress,
      onWarning: (text: string) => this.reporter.warn(text),
    };
    const { durations } = await rehearseRestore(deps, { backup, jobs: availableParallelism() });
    await noteRehearsal(verification.path, context.now());
    return { ...verification, restoredMs: durations.totalMs };
  }
}

function refuseSubset(text: string): never {
  throw new BkDbError('USAGE', `--subset must be a part such as 1/7, not "${text}"`, {
    hint: 'With $(date +%u)/7 every backup is verified once a week.',
  });
}
