import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { dialectFlags, dialectOf, nullFlag } from '../../lib/cli/csv-flags.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { exportView } from '../../lib/cli/views/csv.js';
import { BkDbError } from '../../lib/core/errors.js';

export default class CsvExport extends BaseCommand {
  static override strict = false;
  static override summary = 'write tables or a query as CSV, from one snapshot';
  static override description = describeCommand(
    'One table or query goes to a file or to standard output, in the bytes of COPY: rows in the order of the key, times in UTC, nothing between delimiters for null. Several tables, schemas or --all go to a new folder or a new .zip archive, with a manifest (columns, types, rows, SHA-256) that csv import --all reads; columns that the table computes are left out there. Everything is read in one snapshot. A file appears under its name only when it is whole.',
    [...CONNECTING, 'NOT_FOUND', 'TARGET_NOT_EMPTY', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> csv export airports',
    '<%= config.bin %> csv export airports --output airports.csv.gz',
    "<%= config.bin %> csv export --query 'select * from airports where country = $$FR$$' --output french.csv",
    '<%= config.bin %> csv export --all --output shop.zip',
    '<%= config.bin %> csv export --schema sales --output sales',
  ];
  static override args = {
    table: Args.string({ description: 'tables, with their schemas where needed' }),
  };
  static override flags = {
    query: Flags.string({ helpValue: 'SQL', summary: 'the rows of a query' }),
    schema: Flags.string({
      helpValue: 'S',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'every table of a schema',
    }),
    all: Flags.boolean({ default: false, summary: 'every table of the database' }),
    output: Flags.string({
      char: 'o',
      helpValue: 'PATH',
      default: '-',
      summary: 'file (.csv, .csv.gz), new folder, new archive (.zip), - for standard output',
    }),
    null: nullFlag,
    ...dialectFlags,
    'excel-safe': Flags.boolean({
      default: false,
      summary:
        "put ' before texts that a spreadsheet would run as a formula; the file is no longer equal to the table",
    }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/csv/index.js')).csvExportResultSchema;

  async run() {
    const { flags, argv } = await this.parse(CsvExport);
    const context = await this.context(flags);
    const tables = argv.map(String);
    const schemas = flags.schema ?? [];
    refuseNothing({ tables, schemas, all: flags.all, query: flags.query });
    const toStdout = flags.output === '-';
    if (toStdout && flags.json)
      throw new BkDbError('USAGE', 'with --json the CSV needs a file', { hint: 'Name it with --output.' });
    const { exportCsv } = await import('../../lib/csv/index.js');
    const { delimiter = ',', quote = '"', escape = quote, header = true } = dialectOf(flags);
    const result = await exportCsv(
      {
        target: await context.target(),
        stdout: process.stdout,
        signal: context.signal,
        onProgress: this.reporter.progress,
        version: this.config.version,
      },
      {
        tables,
        schemas,
        all: flags.all,
        query: flags.query,
        output: flags.output,
        form: { delimiter, quote, escape, header, nullMarker: flags.null },
        formulaSafe: flags['excel-safe'],
      },
    );
    if (toStdout) this.reporter.note(exportView(result));
    else this.reporter.summary(exportView(result));
    return result;
  }
}

interface Wanted {
  readonly tables: readonly string[];
  readonly schemas: readonly string[];
  readonly all: boolean;
  readonly query: string | undefined;
}

function refuseNothing({ tables, schemas, all, query }: Wanted): void {
  const ways = [tables.length > 0 || schemas.length > 0, all, query !== undefined].filter(Boolean).length;
  if (ways === 1) return;
  throw new BkDbError(
    'USAGE',
    ways === 0 ? 'nothing to export was named' : 'tables, --all and --query exclude each other',
    {
      hint: 'Name tables or --schema, or give --all, or --query.',
    },
  );
}
