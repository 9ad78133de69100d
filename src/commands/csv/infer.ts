import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { dialectFlags, dialectOf, encodingFlag, nullFlag } from '../../lib/cli/csv-flags.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { plural } from '../../lib/cli/format.js';

export default class CsvInfer extends BaseCommand {
  static override summary = 'propose a table for a CSV file';
  static override description = describeCommand(
    'Reads the whole file and prints the CREATE TABLE statement whose types keep every value as it is written: numbers with leading zeros stay texts, dates are only what is one in every row. Nothing is made, and no server is needed; look at it before you use it.',
    ['USAGE', 'NOT_FOUND', 'DATA_REJECTED', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> csv infer airports.csv',
    '<%= config.bin %> csv infer airports.csv --table geo.airports | psql',
  ];
  static override args = {
    file: Args.string({ required: true, description: 'file to read, - for standard input' }),
  };
  static override flags = {
    table: Flags.string({
      helpValue: 'T',
      summary: 'name of the table (default: made of the name of the file)',
    }),
    null: nullFlag,
    ...dialectFlags,
    encoding: encodingFlag,
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/csv/index.js')).csvInferResultSchema;

  async run() {
    const { flags, args } = await this.parse(CsvInfer);
    const context = await this.context(flags);
    const { openTool } = await context.pgTools();
    const { inferCsv } = await import('../../lib/csv/index.js');
    const result = await inferCsv(
      { stdin: process.stdin, openTool, signal: context.signal, onProgress: this.reporter.progress },
      { file: args.file, table: flags.table, dialect: dialectOf(flags), nullMarker: flags.null },
    );
    this.reporter.data(result.ddl);
    this.reporter.note(`${plural(result.rows, 'row')}, ${plural(result.columns.length, 'column')}`);
    return result;
  }
}
