import { Flags, type Interfaces } from '@oclif/core';
import { resolve } from 'node:path';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import type { Context } from '../../lib/cli/context.js';
import { dirFlag, jobsFlag, remoteStoreFlag } from '../../lib/cli/flags.js';
import { policyOf, retentionFlags } from '../../lib/cli/retention-flags.js';
import { createdView } from '../../lib/cli/views/backup.js';
import { pushedView } from '../../lib/cli/views/offsite.js';
import type { ConnectionTarget } from '../../lib/core/connection.js';
import { BkDbError } from '../../lib/core/errors.js';
import type { CompressionChoice, CreatedBackup } from '../../lib/backup/index.js';
import { BACKUP_FORMATS, type Selection } from '../../lib/backup/types.js';

const patterns = (summary: string) =>
  Flags.string({ helpGroup: 'SELECTION', helpValue: 'P', multiple: true, multipleNonGreedy: true, summary });

export default class BackupCommand extends BaseCommand {
  static override readonly resultSchema = async () => {
    const { createdBackupSchema } = await import('../../lib/backup/index.js');
    const { pushedBackupSchema } = await import('../../lib/offsite/index.js');
    // What was copied to the remote store, with --push.
    return createdBackupSchema.extend({ pushed: pushedBackupSchema.nullable() });
  };
  static override summary = 'take a backup, read it back, publish it';
  static override description = describeCommand(
    'Dumps the database from one snapshot with pg_dump, reads every byte of the dump back (rows counted, each table hashed), and only then gives the backup its name. With --keep-... older backups of the same database that no rule keeps are removed afterwards; a failed backup never removes one. A backup of a part (--schema, --table, --exclude-...) is never what `latest` means, and rotates only with its like. An interrupted or failed backup leaves nothing behind. The archive in it is an ordinary one of pg_dump: stock pg_restore or psql reads it without bk-db. With --encrypt-to nothing but cipher text reaches the disk, and only the holder of the private key can restore. With --push it is copied to object storage; when that fails the backup stands, the status says so, and `backup push` goes on.',
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
    '<%= config.bin %> backup --format custom --compress gzip:6 --globals',
    "<%= config.bin %> backup --exclude-table-data 'audit.*' --label without-audit",
    'DATABASE_URL=postgresql://app@db.example.org/shop <%= config.bin %> backup --jobs 4 --json',
  ];
  static override flags = {
    dir: dirFlag,
    jobs: jobsFlag,
    format: Flags.option({
      options: BACKUP_FORMATS,
      summary: 'form of the archive (default directory; with --encrypt-to custom)',
    })(),
    label: Flags.string({ helpValue: 'TEXT', summary: 'a word on why it was taken' }),
    compress: Flags.string({
      helpValue: 'ALGO[:LEVEL]',
      summary: 'auto, none, gzip, zstd or lz4, perhaps with a level such as zstd:9 (default auto)',
    }),
    'encrypt-to': Flags.string({
      helpValue: 'RECIPIENT',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'encrypt with age to this public key (age1... or ssh-...)',
    }),
    globals: Flags.boolean({
      summary: "also the cluster's roles, without passwords, and tablespaces, as globals.sql",
    }),
    fingerprint: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'read every table back, count and hash its rows',
    }),
    schema: patterns('only schemas of this name or pattern'),
    table: patterns('only tables of this name or pattern'),
    'exclude-table': patterns('not tables of this name or pattern'),
    'exclude-table-data': patterns('of tables of this name or pattern only the definition'),
    ...retentionFlags,
    rotate: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'remove older backups by the --keep-... rules',
    }),
    push: Flags.boolean({ summary: 'also copy it to the remote store, and rotate there by the same rules' }),
    'remote-store': remoteStoreFlag,
    'metrics-textfile': Flags.string({
      helpGroup: 'MONITORING',
      helpValue: 'FILE',
      summary: "write how it went, also a failure, for node_exporter's textfile collector",
    }),
    ping: Flags.boolean({
      helpGroup: 'MONITORING',
      summary: 'tell BK_DB_PING_URL of start, success and failure',
    }),
  };

  async run() {
    const { flags } = await this.parse(BackupCommand);
    const { reportRun, reportUnstarted } = await import('../../lib/backup/index.js');
    const textfile = flags['metrics-textfile'] && resolve(flags['metrics-textfile']);
    const reportDeps = { now: () => new Date(), onWarning: (text: string) => this.reporter.warn(text) };
    const { context, pingUrl } = await this.#begin(flags).catch(async (error: unknown) => {
      await reportUnstarted(reportDeps, textfile, error);
      throw error;
    });
    let database = context.config.target?.database;
    const options = { directory: context.config.backupDir, database: () => database, textfile, pingUrl };
    const backup = await reportRun({ ...reportDeps, signal: context.signal }, options, async () => {
      const target = await context.target();
      database = target.database;
      const push = flags.push ? await this.#preparePush(context, flags) : undefined;
      const created = await this.#create(context, target, flags);
      this.reporter.summary(createdView(created, this.reporter.paint));
      return { ...created, pushed: (await push?.(created)) ?? null };
    });
    return backup;
  }

  async #begin(flags: BackupFlags) {
    const context = await this.context(flags);
    return { context, pingUrl: flags.ping ? (context.config.pingUrl ?? refusePing()) : undefined };
  }

  /** What is wrong with its settings is told before the backup begins. */
  async #preparePush(context: Context, flags: BackupFlags) {
    const { pushBackup, remoteStoreOf } = await import('../../lib/offsite/index.js');
    const store = await remoteStoreOf(context.config.s3);
    const { now, signal } = context;
    const deps = { runTool: await context.runTool(), now, signal, onProgress: this.reporter.progress };
    const retention = flags.rotate ? policyOf(flags) : undefined;
    return async (backup: CreatedBackup) => {
      const pushed = await pushBackup(deps, { store, backup, retention });
      this.reporter.summary(pushedView(pushed, this.reporter.paint));
      return pushed;
    };
  }

  async #create(context: Context, target: ConnectionTarget, flags: BackupFlags) {
    const { createBackup, parseCompression } = await import('../../lib/backup/index.js');
    return createBackup(
      {
        target,
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
        format: flags.format,
        recipients: flags['encrypt-to'],
        globals: flags.globals,
        fingerprint: flags.fingerprint,
        compression: compressionOf(flags.compress, parseCompression),
        selection: selectionOf(flags),
        retention: flags.rotate ? policyOf(flags) : undefined,
      },
    );
  }
}

type BackupFlags = Interfaces.InferredFlags<typeof BackupCommand.flags>;

function refusePing(): never {
  throw new BkDbError('CONFIG_INVALID', '--ping needs the setting BK_DB_PING_URL', {
    hint: 'Set it in the environment or in .env; as an argument every user of the machine could read it.',
  });
}

/** The part of the database that the flags choose; undefined means all of it. */
function selectionOf(flags: Readonly<Record<string, unknown>>): Selection | undefined {
  const given = (name: string) => (Array.isArray(flags[name]) ? flags[name].map(String) : []);
  const selection = {
    schemas: given('schema'),
    tables: given('table'),
    excludeTables: given('exclude-table'),
    excludeTableData: given('exclude-table-data'),
  };
  return Object.values(selection).every((list) => list.length === 0) ? undefined : selection;
}

function compressionOf(
  text: string | undefined,
  parse: (text: string) => CompressionChoice | undefined,
): CompressionChoice | undefined {
  const compression = text === undefined ? undefined : parse(text);
  if (text === undefined || compression !== undefined) return compression;
  throw new BkDbError(
    'USAGE',
    `--compress must be auto, none, gzip[:1-9], zstd[:1-19] or lz4[:1-12], not "${text}"`,
    {
      hint: 'auto is zstd:3 with pg_dump 16 or newer, else gzip:1, which costs as much and needs a third more room.',
    },
  );
}
