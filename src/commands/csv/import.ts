import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { confirmDestructive } from '../../lib/cli/confirm.js';
import { dialectFlags, dialectOf, encodingFlag, listOf, nullFlag, pairsOf } from '../../lib/cli/csv-flags.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { reportFlag, yesFlag } from '../../lib/cli/flags.js';
import { importAllView, importView } from '../../lib/cli/views/csv.js';
import { describeTarget } from '../../lib/core/connection.js';
import { BkDbError } from '../../lib/core/errors.js';
import { IMPORT_MODES, ON_ERROR } from '../../lib/csv/types.js';

const list = (helpValue: string, summary: string) => Flags.string({ helpValue, summary });
const pairs = (helpValue: string, summary: string) =>
  Flags.string({ helpValue, multiple: true, multipleNonGreedy: true, summary });

export default class CsvImport extends BaseCommand {
  static override summary = 'load a CSV file into a table, or a whole export: every row, or none';
  static override description = describeCommand(
    'Columns go by the names in the header. The whole file is one transaction: when rows do not fit, each is named with its line, column and reason, and nothing is loaded. With --on-error reject the good rows are loaded and the others set aside as they came, in a file that can be mended and imported again (FILE.rejects.csv, its reasons beside it); the status is then 4. Delimiter, newline and byte order mark are found out; gzip, zstd and xz are undone. Mode ignore passes over rows whose key exists, upsert changes them, replace empties the table first. Sequences are moved past what was loaded. With --all a folder or archive of csv export is loaded into tables that exist and are empty, those that others refer to first, and each is compared with what was exported; triggers do not fire then.',
    [
      ...CONNECTING,
      'FINDINGS',
      'NOT_FOUND',
      'TARGET_NOT_EMPTY',
      'DATA_REJECTED',
      'BACKUP_CORRUPT',
      'VERIFY_MISMATCH',
      'IO',
    ],
  );
  static override examples = [
    '<%= config.bin %> csv import airports.csv --table airports',
    '<%= config.bin %> csv import airports.csv --table geo.airports --mode upsert --key ident',
    '<%= config.bin %> csv import airports.csv --table airports --dry-run',
    '<%= config.bin %> csv import airports.csv --table airports --on-error reject --max-errors 100',
    '<%= config.bin %> csv import shop.zip --all',
    '<%= config.bin %> csv import airports.csv.xz --table airports --map iso_country=country --ignore-extra',
  ];
  static override args = {
    file: Args.string({
      required: true,
      description: 'file to load, - for standard input; with --all a folder or archive',
    }),
  };
  static override flags = {
    report: reportFlag,
    table: Flags.string({
      helpValue: 'T',
      exactlyOne: ['table', 'all'],
      summary: 'table or view, with its schema where needed',
    }),
    all: Flags.boolean({ summary: 'every table of a folder or archive that csv export wrote' }),
    mode: Flags.option({
      options: IMPORT_MODES,
      default: 'insert',
      summary: 'what happens to rows that exist',
    })(),
    key: list('C,..', 'columns of the unique key for ignore and upsert (default: the primary key)'),
    map: pairs('F=C', 'column F of the file goes into column C'),
    only: list('F,..', 'load these columns of the file alone'),
    'ignore-extra': Flags.boolean({
      default: false,
      summary: 'leave out columns that the table lacks',
    }),
    set: pairs('C=V', 'fill column C with V in every row'),
    columns: list('F,..', 'names of the columns, in place of a header'),
    null: nullFlag,
    ...dialectFlags,
    encoding: encodingFlag,
    'on-error': Flags.option({
      options: ON_ERROR,
      default: 'abort',
      summary: 'load nothing, or load the good rows',
    })(),
    'reject-file': Flags.string({
      helpValue: 'F',
      summary: 'where rejected rows go (default FILE.rejects.csv)',
    }),
    'max-errors': Flags.integer({
      helpValue: 'N',
      min: 0,
      summary: 'with --on-error reject: more than N rejected rows load nothing',
    }),
    'dry-run': Flags.boolean({
      default: false,
      summary: 'try every row against the table, and load none',
    }),
    yes: yesFlag,
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/csv/index.js')).csvAnyImportResultSchema;

  async run() {
    const { flags, args } = await this.parse(CsvImport);
    const context = await this.context(flags);
    const target = await context.target();
    if (flags.mode === 'replace' && !flags['dry-run'])
      await confirmDestructive({
        question: `Replace every row of ${flags.table ?? 'the exported tables'} in ${describeTarget(target)}?`,
        yes: flags.yes,
        input: process.stdin,
        output: process.stderr,
        signal: context.signal,
      });
    const { openTool } = await context.pgTools();
    const { importCsv, importExport } = await import('../../lib/csv/index.js');
    if (flags.table === undefined) {
      if (flags.mode !== 'insert' && flags.mode !== 'replace')
        throw new BkDbError('USAGE', `--all does not go with --mode ${flags.mode}`);
      const loaded = await importExport(
        { target, signal: context.signal, onProgress: this.reporter.progress },
        { path: args.file, replace: flags.mode === 'replace' },
      );
      this.reporter.summary(importAllView(loaded));
      return loaded;
    }
    const result = await importCsv(
      { target, stdin: process.stdin, openTool, signal: context.signal, onProgress: this.reporter.progress },
      {
        file: args.file,
        table: flags.table,
        mode: flags.mode,
        key: listOf(flags.key),
        dialect: dialectOf(flags),
        columns: listOf(flags.columns),
        rename: pairsOf('map', flags.map),
        only: listOf(flags.only),
        constants: pairsOf('set', flags.set),
        ignoreExtra: flags['ignore-extra'],
        nullMarker: flags.null,
        rejects: flags['on-error'] === 'reject',
        rejectFile: flags['reject-file'] ?? defaultRejectFile(args.file, flags['on-error'] === 'reject'),
        maxErrors: flags['max-errors'] ?? Number.MAX_SAFE_INTEGER,
        dryRun: flags['dry-run'],
      },
    );
    const view = importView(result, this.reporter.paint);
    if (result.dryRun) this.reporter.data(view);
    else this.reporter.summary(view);
    if (result.rejected > 0) this.endWith(4);
    return result;
  }
}

function defaultRejectFile(file: string, needed: boolean): string {
  if (file !== '-') return `${file}.rejects.csv`;
  if (!needed) return '';
  throw new BkDbError('USAGE', 'rejected rows of standard input need a place', {
    hint: 'Name one with --reject-file.',
  });
}
