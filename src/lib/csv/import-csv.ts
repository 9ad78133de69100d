import type { Readable } from 'node:stream';
import { withDatabase, type TransactionSql } from '../core/database.js';
import type { ConnectionTarget } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import type { OpenTool } from '../core/process.js';
import { formatCount } from '../core/format.js';
import { byteProgress, type OnProgress } from '../core/progress.js';
import { toBkDbError } from '../core/to-error.js';
import { runTransaction } from '../core/transaction.js';
import { mapColumns, type Mapping } from './column-mapping.js';
import { decodeInput, type DecodedInput } from './decode-input.js';
import { detectDialect } from './dialect.js';
import { loadBatch } from './load-batch.js';
import { filled, type LoadPlan } from './load-statements.js';
import { moveSequences } from './move-sequences.js';
import { openInput } from './open-input.js';
import { prepareBatches, type LoadMood } from './prepare-batch.js';
import { oneAhead, readBatches } from './read-batches.js';
import { recordFields } from './record-fields.js';
import type { Batch } from './record-scanner.js';
import { refuseRows, tooMany } from './refuse-rows.js';
import { RejectFile } from './reject-file.js';
import { readTargetTable, type TargetTable } from './target-table.js';
import type { CsvImportResult, Dialect, ImportMode, RejectedRow } from './types.js';

export interface ImportCsvDeps {
  readonly target: ConnectionTarget;
  readonly stdin: Readable;
  readonly openTool: OpenTool;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface ImportCsvOptions {
  /** Path, or `-` for standard input. */
  readonly file: string;
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly mode: ImportMode;
  /** Columns of the key that ignore and upsert go by; the primary key when empty. */
  readonly key: readonly string[];
  /** What is known of the file's form; the rest is detected. */
  readonly dialect: Partial<Dialect>;
  /** Names of the file's columns, in place of a header. */
  readonly columns: readonly string[];
  readonly rename: ReadonlyMap<string, string>;
  readonly only: readonly string[];
  readonly constants: ReadonlyMap<string, string>;
  readonly ignoreExtra: boolean;
  readonly nullMarker: string;
  /** Loads the good rows and sets the others aside, instead of loading nothing. */
  readonly rejects: boolean;
  /** Where rejected rows go, with `rejects`. */
  readonly rejectFile: string;
  /** More rejected rows than this load nothing. */
  readonly maxErrors: number;
  /** Does everything, then takes it back. */
  readonly dryRun: boolean;
}

/** Rejected rows that are kept in the result. */
const KEPT_REJECTS = 1_000;

/**
 * Loads a CSV file into a table, in one transaction: every row, or none; with `rejects` every good row.
 * @throws BkDbError DATA_REJECTED (rows that do not fit, each with line and reason; nothing is loaded), NOT_FOUND (file, table),
 *   USAGE (columns, options), PERMISSION, IO, CONNECTION_FAILED, or the abort reason.
 */
export async function importCsv(deps: ImportCsvDeps, options: ImportCsvOptions): Promise<CsvImportResult> {
  const started = performance.now();
  const input = await decodeInput(
    await openInput({ path: options.file, stdin: deps.stdin, openTool: deps.openTool, signal: deps.signal }),
    options.dialect.encoding,
  );
  const dialect = {
    ...detectDialect(input.sample, options.dialect),
    encoding: input.encoding,
    bom: input.bom,
    header: options.dialect.header ?? options.columns.length === 0,
  };
  const run = { ...deps, options, input, dialect, started };
  try {
    const done = await withDatabase(deps.target, { signal: deps.signal }, async ({ sql }) => {
      // Each batch is a savepoint, and only those of a reserved connection are released.
      const reserved = await sql.reserve();
      try {
        return await runTransaction(reserved, (transaction) => load(transaction, run), { retries: 0 });
      } catch (error) {
        return takenBack(error);
      } finally {
        reserved.release();
      }
    });
    const { rejectFile, ...result } = done;
    const published = options.dryRun ? (await rejectFile?.discard(), false) : await rejectFile?.publish();
    return {
      ...result,
      rejectFile: published === true ? (rejectFile?.path ?? null) : null,
      durationMs: Math.round(performance.now() - started),
    };
  } catch (error) {
    deps.signal.throwIfAborted();
    throw toBkDbError(error);
  }
}

interface Run extends ImportCsvDeps {
  readonly options: ImportCsvOptions;
  readonly input: DecodedInput;
  readonly dialect: Dialect;
  /** When the import began, as `performance.now()` tells. */
  readonly started: number;
}

type Loaded = Omit<CsvImportResult, 'durationMs' | 'rejectFile'> & {
  readonly rejectFile: RejectFile | undefined;
};

/** Carries the result of a dry run out of the transaction that is rolled back. */
class TakenBack extends Error {
  readonly result: Loaded;

  constructor(result: Loaded) {
    super('dry run');
    this.result = result;
  }
}

function takenBack(error: unknown): Loaded {
  if (error instanceof TakenBack) return error.result;
  throw error;
}

async function load(sql: TransactionSql, run: Run): Promise<Loaded> {
  const { options, dialect, input, signal } = run;
  await sql`select pg_catalog.set_config('DateStyle', 'ISO, MDY', true), pg_catalog.set_config('standard_conforming_strings', 'on', true)`;
  const table = await readTargetTable(sql, options.table);
  const batches = readBatches(input.chunks, dialect);
  const first = await firstRecord(batches, run);
  const mapping = mapColumns(table, {
    header: first.header,
    fields: first.fields,
    rename: options.rename,
    only: options.only,
    constants: options.constants,
    ignoreExtra: options.ignoreExtra,
  });
  const plan = planLoad(run, table, mapping);
  const rejectFile = options.rejects ? new RejectFile(options.rejectFile, first.headerBytes) : undefined;
  const totals = { records: 0, loaded: 0, unchanged: 0, rejected: 0 };
  const rejects: RejectedRow[] = [];
  const mood: LoadMood = { suspicious: false, sieve: undefined };
  try {
    if (options.mode === 'replace') await sql.unsafe(`delete from ${table.sqlName}`);
    for await (const { item: batch, prepareNext } of oneAhead(
      prepareBatches(chain(first.batch, batches), plan, mood),
    )) {
      signal.throwIfAborted();
      const { loaded, unchanged, rejections } = await loadBatch(
        sql,
        { plan, mood, onSent: prepareNext },
        batch,
      );
      totals.records += batch.records.length;
      totals.loaded += loaded;
      totals.unchanged += unchanged;
      totals.rejected += rejections.length;
      for (const { record, reject } of rejections) {
        if (rejects.length < KEPT_REJECTS) rejects.push(reject);
        await rejectFile?.write(batch.bytes.subarray(record.start, record.end), reject);
      }
      if (totals.rejected > options.maxErrors && options.rejects)
        throw tooMany(run, table, { totals, rejects });
      if (totals.rejected >= KEPT_REJECTS && !options.rejects) break;
      report(run, totals);
    }
    if (totals.rejected > 0 && !options.rejects) throw refuseRows(run, table, { totals, rejects });
    // A sequence that was moved stays so, whatever becomes of the transaction.
    const sequences = options.dryRun
      ? []
      : await moveSequences(
          sql,
          table,
          filled(plan).map(({ column }) => column),
        );
    const result = {
      file: options.file,
      table: table.label,
      mode: options.mode,
      dryRun: options.dryRun,
      dialect,
      columns: filled(plan).map(({ column }) => column.name),
      ignored: [...mapping.ignored],
      bytes: input.read(),
      ...totals,
      rejects,
      sequences,
      rejectFile,
    };
    if (options.dryRun) throw new TakenBack(result);
    return result;
  } catch (error) {
    if (!(error instanceof TakenBack)) await rejectFile?.discard();
    throw error;
  }
}

function planLoad({ options, dialect }: Run, table: TargetTable, mapping: Mapping): LoadPlan {
  const { mode, nullMarker } = options;
  const key = options.key.length > 0 ? options.key : table.primaryKey;
  if (mode === 'upsert' && key.length === 0)
    throw new BkDbError('USAGE', `${table.label} has no primary key`, {
      hint: 'Name the columns of a unique constraint with --key.',
    });
  const unknown = key.find((name) => !table.columns.some((column) => column.name === name));
  if (unknown !== undefined) throw new BkDbError('USAGE', `${table.label} has no column ${unknown}`);
  return { table, mapping, dialect, mode, key: mode === 'ignore' ? options.key : key, nullMarker };
}

interface First {
  /** The batch without its header. */
  readonly batch: Batch;
  readonly header: readonly string[] | undefined;
  readonly headerBytes: Uint8Array;
  readonly fields: number;
}

/** The first batch with its header taken off. @throws BkDbError DATA_REJECTED for an empty file or a broken header. */
async function firstRecord(batches: AsyncGenerator<Batch>, { options, dialect, input }: Run): Promise<First> {
  const { value: batch } = (await batches.next()) as { value: Batch | undefined };
  const [record, ...records] = batch?.records ?? [];
  if (batch === undefined || record === undefined) {
    throw new BkDbError('DATA_REJECTED', `${input.name} is empty`, {
      hint: 'Not even a header was found; nothing was loaded.',
    });
  }
  const named = options.columns.length > 0 ? options.columns : undefined;
  if (!dialect.header)
    return { batch, header: named, headerBytes: Buffer.alloc(0), fields: named?.length ?? record.fields };
  if (record.problem !== undefined)
    throw new BkDbError('DATA_REJECTED', `the header of ${input.name} is no proper CSV: ${record.problem}`);
  // Copied, because the batch goes and the reject file comes later.
  const headerBytes = Buffer.from(batch.bytes.subarray(record.start, record.end));
  const header = recordFields(headerBytes.toString('utf8'), dialect).map((name) => name ?? '');
  return { batch: { ...batch, records }, header: named ?? header, headerBytes, fields: record.fields };
}

async function* chain(first: Batch, rest: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  if (first.records.length > 0) yield first;
  yield* rest;
}

function report(
  { input, onProgress, started }: Run,
  { loaded, rejected }: { loaded: number; rejected: number },
): void {
  const rejects = rejected === 0 ? '' : `, ${formatCount(rejected)} rejected`;
  onProgress({
    phase: `importing (${formatCount(loaded)} rows${rejects})`,
    ...byteProgress(input.read(), input.bytes, performance.now() - started),
  });
}
