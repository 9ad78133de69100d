import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../lib/cli/describe.js';
import { confirmDestructive } from '../lib/cli/confirm.js';
import type { Context } from '../lib/cli/context.js';
import { dirFlag, identityFlag, jobsFlag, reportFlag, yesFlag } from '../lib/cli/flags.js';
import { listingView } from '../lib/cli/views/archive.js';
import { restoredView, undoneView } from '../lib/cli/views/restore.js';
import { describeTarget } from '../lib/core/connection.js';
import { BkDbError } from '../lib/core/errors.js';
import type { RestoreSource } from '../lib/backup/types.js';
import type { RestoreOutcome } from '../lib/restore/types.js';

export default class RestoreCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/restore/index.js')).restoreOutcomeSchema;
  static override summary = 'restore a backup into a new or empty database, or in place of one, and prove it';
  static override description = describeCommand(
    'The backup is read through first. The database is created with the encoding and collation of the source, or must be empty: nothing is ever written over data. Roles and extensions that the server lacks are named before anything is written. With --table or --schema only a part is restored, with what belongs to it and what it needs. Afterwards every table is read out of the new database and compared with the backup, byte for byte, and every object of the schema (indexes, constraints, triggers, functions, rights, comments) by its definition. A new database is filled beside its name and gets the name when it is proved; what fails is dropped again, and what is killed by the next restore. With --replace the backup is restored beside the live database, proved, given its owner, rights and settings, and then takes its name in one transaction; the old one is kept, and --undo exchanges the two again.',
    [
      ...CONNECTING,
      'NOT_FOUND',
      'BACKUP_CORRUPT',
      'TARGET_NOT_EMPTY',
      'LOCK_HELD',
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
    '<%= config.bin %> restore latest --replace --yes --report restored.json',
    "<%= config.bin %> restore latest --into shop_copy --table public.orders --table 'public.order_*'",
    '<%= config.bin %> restore latest --into shop_copy --data-only',
    '<%= config.bin %> restore --undo --yes',
    '<%= config.bin %> restore old.dump.xz --list',
    'ssh backup cat shop.sql.gz | <%= config.bin %> restore - --into shop_copy',
    '<%= config.bin %> restore /mnt/backups/shop/20261122T031500Z-7f3a --into shop_copy --json',
  ];
  static override args = {
    backup: Args.string({
      default: 'latest',
      description:
        'id (or its beginning), latest, path of a backup, or of an archive of pg_dump (custom, directory, tar, plain; gzip, zstd, lz4, xz, age around it) or of csv export --all (folder, zip); - reads standard input',
    }),
  };
  static override flags = {
    dir: dirFlag,
    identity: identityFlag,
    into: Flags.string({
      helpValue: 'DB',
      summary: 'database to restore into, new or empty (default the configured one)',
    }),
    jobs: jobsFlag,
    'no-owner': Flags.boolean({ summary: 'everything will belong to the restoring role' }),
    'no-privileges': Flags.boolean({ summary: 'restore no GRANT' }),
    role: Flags.string({ helpValue: 'ROLE', summary: 'become this role (SET ROLE) before anything is made' }),
    replace: Flags.boolean({
      summary: 'restore beside the database, prove, then exchange the two and keep the old one',
    }),
    table: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATTERN',
      summary: 'only this table, view or sequence, with all that belongs to it and all that it needs',
    }),
    schema: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATTERN',
      summary: 'only what is in this schema',
    }),
    'schema-only': Flags.boolean({ summary: 'no rows', exclusive: ['data-only'] }),
    'data-only': Flags.boolean({
      summary: 'only rows, into empty tables that are there, all or nothing, past triggers',
    }),
    'empty-tables': Flags.boolean({
      summary: 'with a csv backup: delete the rows of its tables first, in the same transaction',
      exclusive: ['replace', 'undo'],
    }),
    undo: Flags.boolean({
      summary: 'exchange the database with the one that --replace kept',
      exclusive: ['replace', 'dry-run'],
    }),
    list: Flags.boolean({
      summary: 'show what the backup or archive is and holds; no server is asked',
      exclusive: ['replace', 'undo', 'dry-run', 'into'],
    }),
    report: reportFlag,
    yes: yesFlag,
    'dry-run': Flags.boolean({ summary: 'check the backup and the server, write nothing' }),
    verify: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'compare every table with the backup afterwards',
    }),
  };

  async run(): Promise<RestoreOutcome> {
    const { args, flags } = await this.parse(RestoreCommand);
    const context = await this.context(flags);
    if (flags.list) return this.#list(context, args.backup);
    const target = await context.target();
    const into = flags.into ?? target.database;
    if (flags.undo) return this.#undo(context, into, flags.yes);
    if (flags.replace && !flags.verify)
      throw new BkDbError('USAGE', '--replace needs the proof that --no-verify leaves out');
    const { replaceDatabase, restoreBackup } = await import('../lib/restore/index.js');
    const deps = { ...(await this.#sourceDeps(context)), target, now: context.now };
    const result = await this.#withSource(context, args.backup, async (backup) => {
      const name = backup.foreign === undefined ? `backup ${backup.id}` : backup.foreign.name;
      if (flags.replace && !flags['dry-run'])
        await this.#confirm(context, flags.yes, `Replace database ${into} by ${name}, ending its sessions,`);
      if (flags['empty-tables'] && !flags['dry-run'])
        await this.#confirm(
          context,
          flags.yes,
          `Delete every row of the tables of ${name} in database ${into}`,
        );
      return (flags.replace ? replaceDatabase : restoreBackup)(deps, {
        backup,
        into,
        jobs: flags.jobs,
        verify: flags.verify,
        dryRun: flags['dry-run'],
        emptyTables: flags['empty-tables'],
        ownership: { noOwner: flags['no-owner'], noPrivileges: flags['no-privileges'], role: flags.role },
        selection: {
          tables: flags.table ?? [],
          schemas: flags.schema ?? [],
          content: flags['schema-only'] ? 'schema' : flags['data-only'] ? 'data' : 'all',
        },
      });
    });
    this.reporter.summary(restoredView(result, this.reporter.paint));
    return result;
  }

  async #list(context: Context, reference: string): Promise<RestoreOutcome> {
    const { listSource } = await import('../lib/restore/index.js');
    const deps = await this.#sourceDeps(context);
    const listing = await this.#withSource(context, reference, (source) => listSource(deps, source));
    this.reporter.summary(listingView(listing, this.reporter.paint));
    return listing;
  }

  async #sourceDeps(context: Context) {
    const pgTools = await context.pgTools();
    return {
      pgTools,
      openTool: pgTools.openTool,
      stdin: process.stdin,
      identityFile: context.config.identityFile,
      signal: context.signal,
      onProgress: this.reporter.progress,
      onWarning: (text: string) => this.reporter.warn(text),
    };
  }

  async #withSource<T>(context: Context, name: string, work: (source: RestoreSource) => Promise<T>) {
    const { withRestoreSource } = await import('../lib/backup/index.js');
    const deps = await this.#sourceDeps(context);
    const { backupDir: directory, target } = context.config;
    const database = target?.database;
    return withRestoreSource(deps, { directory, reference: name, database, onWarning: deps.onWarning }, work);
  }

  async #undo(context: Context, database: string, yes: boolean): Promise<RestoreOutcome> {
    await this.#confirm(
      context,
      yes,
      `Exchange database ${database} with the one that was replaced, ending its sessions,`,
    );
    const { undoReplace } = await import('../lib/restore/index.js');
    const result = await undoReplace({ target: await context.target(), now: context.now }, database);
    this.reporter.summary(undoneView(result, this.reporter.paint));
    return result;
  }

  async #confirm(context: Context, yes: boolean, action: string): Promise<void> {
    await confirmDestructive({
      question: `${action} on ${describeTarget(await context.target())}?`,
      yes,
      input: process.stdin,
      output: process.stderr,
      signal: context.signal,
    });
  }
}
