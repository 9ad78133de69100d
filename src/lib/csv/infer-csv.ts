import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { quoteIdentifier } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import type { OpenTool } from '../core/process.js';
import type { OnProgress } from '../core/progress.js';
import { decodeInput } from './decode-input.js';
import { detectDialect } from './dialect.js';
import { ColumnType } from './infer-types.js';
import { openInput } from './open-input.js';
import { readBatches } from './read-batches.js';
import { recordFields } from './record-fields.js';
import type { CsvInferResult, Dialect } from './types.js';

export interface InferCsvDeps {
  readonly stdin: Readable;
  readonly openTool: OpenTool;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface InferCsvOptions {
  /** Path, or `-` for standard input. */
  readonly file: string;
  /** Name for the table; made of the file's unless given. */
  readonly table: string | undefined;
  readonly dialect: Partial<Dialect>;
  readonly nullMarker: string;
}

/**
 * Reads a whole file and proposes a table for it: the narrowest type that keeps every value as it is written. Nothing is made.
 * @throws BkDbError NOT_FOUND, DATA_REJECTED (no proper CSV, with the line), USAGE, IO, or the abort reason.
 */
export async function inferCsv(deps: InferCsvDeps, options: InferCsvOptions): Promise<CsvInferResult> {
  const { file, nullMarker } = options;
  const opened = await openInput({
    path: file,
    stdin: deps.stdin,
    openTool: deps.openTool,
    signal: deps.signal,
  });
  const input = await decodeInput(opened, options.dialect.encoding);
  const dialect = {
    ...detectDialect(input.sample, options.dialect),
    encoding: input.encoding,
    bom: input.bom,
  };
  let names: string[] | undefined;
  let types: ColumnType[] = [];
  let rows = 0;
  for await (const { bytes, records } of readBatches(input.chunks, dialect)) {
    for (const { start, end, line, problem } of records) {
      if (problem !== undefined) throw improper(input.name, line, problem);
      const fields = recordFields(bytes.toString('utf8', start, end), dialect, nullMarker);
      if (names === undefined) {
        names = dialect.header ? columnNames(fields) : columnNames(fields.map(() => null));
        types = names.map(() => new ColumnType());
        if (dialect.header) continue;
      }
      if (fields.length !== names.length)
        throw improper(input.name, line, `it has ${fields.length} fields instead of ${names.length}`);
      fields.forEach((field, index) => types[index]?.see(field));
      rows++;
    }
    deps.onProgress({
      phase: 'reading',
      done: input.read(),
      unit: 'bytes',
      ...(input.bytes !== undefined && { total: input.bytes }),
    });
  }
  if (names === undefined) throw new BkDbError('DATA_REJECTED', `${input.name} is empty`);
  const table = options.table ?? tableName(file);
  const columns = names.map((name, index) => ({
    name,
    type: types[index]?.type ?? 'text',
    nullable: types[index]?.nullable ?? true,
  }));
  return { file, table, dialect, rows, columns, ddl: createTable(table, columns) };
}

function improper(name: string, line: number, problem: string): BkDbError {
  return new BkDbError('DATA_REJECTED', `line ${line} of ${name} is no proper CSV: ${problem}`, {
    hint: 'Mend it, or say how the file is written: --delimiter, --quote, --escape.',
    details: { line },
  });
}

/** The header's names; columns without one, and those named twice, get a number. */
function columnNames(fields: readonly (string | null)[]): string[] {
  const names: string[] = [];
  for (const [index, field] of fields.entries()) {
    const wanted = (field ?? '').trim() === '' ? `column_${index + 1}` : (field ?? '').trim();
    names.push(names.includes(wanted) ? `${wanted}_${index + 1}` : wanted);
  }
  return names;
}

/** `ourairports-runways.csv.xz` makes `ourairports_runways`. */
function tableName(file: string): string {
  const stem = file === '-' ? '' : basename(file).replace(/\..*$/, '');
  const name = stem
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_|_$/g, '');
  return name === '' ? 'imported' : name;
}

function createTable(table: string, columns: CsvInferResult['columns']): string {
  const lines = columns.map(
    ({ name, type, nullable }) => `  ${quoteIdentifier(name)} ${type}${nullable ? '' : ' not null'}`,
  );
  const name = table.split('.').map(quoteIdentifier).join('.');
  return `create table ${name} (\n${lines.join(',\n')}\n);`;
}
