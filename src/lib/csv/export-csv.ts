import type { Writable } from 'node:stream';
import { quoteLiteral, withDatabase, type TransactionSql } from '../core/database.js';
import type { ConnectionTarget } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { byteProgress, type OnProgress } from '../core/progress.js';
import { toBkDbError } from '../core/to-error.js';
import { runTransaction } from '../core/transaction.js';
import { copyOut, fixTextForms } from './copy-out.js';
import { CsvDigest } from './csv-digest.js';
import { MANIFEST_FILE, type CsvManifest, type ExportedTable } from './csv-manifest.js';
import { readSequences } from './sequences.js';
import { readSourceTables, selectRows, writtenColumns, type SourceTable } from './source-tables.js';
import type { CsvExportResult, OutputForm } from './types.js';
import { archiveOutput, fileOutput, folderOutput, type Output } from './write-output.js';

export interface ExportCsvDeps {
  readonly target: ConnectionTarget;
  readonly stdout: Writable;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** The tool's version, for the manifest. */
  readonly version: string;
}

export interface ExportCsvOptions {
  readonly tables: readonly string[];
  readonly schemas: readonly string[];
  readonly all: boolean;
  /** A query in place of tables. */
  readonly query: string | undefined;
  /** `-`, a file (gzip when it ends in .gz), a new folder, or a new archive ending in .zip. */
  readonly output: string;
  readonly form: OutputForm;
  readonly formulaSafe: boolean;
  /** A snapshot that another session exported, to see the database as that does. */
  readonly snapshot?: string;
  /** How hard an archive is compressed: 0 not at all, to 9; default 6. */
  readonly level?: number;
}

/**
 * Writes tables or a query as CSV, all from one snapshot, rows in the order of their keys. Several tables, and all that goes to a
 * folder or an archive, come with a manifest that import reads.
 * @throws BkDbError USAGE, NOT_FOUND (table, schema), TARGET_NOT_EMPTY (folder or archive exists), PERMISSION, IO, CONNECTION_FAILED,
 *   or the abort reason. Nothing is left under the output's name.
 */
export async function exportCsv(deps: ExportCsvDeps, options: ExportCsvOptions): Promise<CsvExportResult> {
  const started = performance.now();
  try {
    const exported = await withDatabase(deps.target, { signal: deps.signal }, ({ sql, serverVersion }) =>
      runTransaction(sql, (transaction) => exportFrom(transaction, { deps, options, serverVersion }), {
        isolation: 'repeatable read',
        readOnly: true,
        retries: 0,
      }),
    );
    return { ...exported, output: options.output, durationMs: Math.round(performance.now() - started) };
  } catch (error) {
    deps.signal.throwIfAborted();
    throw toBkDbError(error);
  }
}

interface Run {
  readonly deps: ExportCsvDeps;
  readonly options: ExportCsvOptions;
  readonly serverVersion: number;
}

type Exported = Omit<CsvExportResult, 'durationMs' | 'output'>;

async function exportFrom(sql: TransactionSql, run: Run): Promise<Exported> {
  const { deps, options } = run;
  if (options.snapshot !== undefined)
    await sql.unsafe(`set transaction snapshot ${quoteLiteral(options.snapshot)}`);
  await fixTextForms(sql);
  const tables = options.query === undefined ? await readSourceTables(sql, options) : [];
  const kind = outputKind(options, tables);
  const output = await openOutput(kind, {
    path: options.output,
    stdout: deps.stdout,
    signal: deps.signal,
    level: options.level,
  });
  try {
    const exported =
      kind === 'file'
        ? await exportOne(sql, run, { output, table: tables[0] })
        : await exportMany(sql, run, { output, tables });
    await output.publish();
    return exported;
  } catch (error) {
    await output.discard();
    throw error;
  }
}

type OutputKind = 'file' | 'folder' | 'archive';

function outputKind({ output, query }: ExportCsvOptions, tables: readonly SourceTable[]): OutputKind {
  if (output.endsWith('.zip')) {
    if (query === undefined) return 'archive';
    throw new BkDbError('USAGE', 'a query goes to a file or to standard output');
  }
  const isFile = output === '-' || /\.(csv|tsv|txt)(\.gz)?$/.test(output);
  if (query !== undefined || (tables.length === 1 && isFile)) return 'file';
  if (!isFile) return 'folder';
  throw new BkDbError('USAGE', `${tables.length} tables do not go into one CSV file`, {
    hint: 'Name a folder or an archive: --output DIR, --output FILE.zip.',
  });
}

async function openOutput(kind: OutputKind, options: Parameters<typeof fileOutput>[0]): Promise<Output> {
  if (kind === 'file') return fileOutput(options);
  return kind === 'folder' ? folderOutput(options) : archiveOutput(options);
}

async function exportOne(
  sql: TransactionSql,
  { deps, options }: Run,
  { output, table }: { readonly output: Output; readonly table: SourceTable | undefined },
): Promise<Exported> {
  const { form, formulaSafe } = options;
  const query = options.query ?? (table && selectRows(table, { withoutGenerated: false, formulaSafe })) ?? '';
  const digest = new CsvDigest(form.quote);
  const label = table === undefined ? 'query' : `${table.schema}.${table.name}`;
  await output.write('', digested(copyOut(sql, query, form), digest, { deps, label }));
  return { tables: [{ table: label, ...digest.result(form) }], manifest: null };
}

async function exportMany(
  sql: TransactionSql,
  { deps, options, serverVersion }: Run,
  { output, tables }: { readonly output: Output; readonly tables: readonly SourceTable[] },
): Promise<Exported> {
  const { formulaSafe } = options;
  const exported: ExportedTable[] = [];
  for (const table of tables) {
    const selection = { withoutGenerated: true, formulaSafe };
    const digest = new CsvDigest();
    const file = fileNameOf(table, exported);
    const rows = copyOut(sql, selectRows(table, selection), MANIFEST_FORM);
    await output.write(file, digested(rows, digest, { deps, label: `${table.schema}.${table.name}` }));
    const columns = writtenColumns(table, selection).map(({ name, type }) => ({ name, type }));
    exported.push({
      schema: table.schema,
      name: table.name,
      file,
      columns,
      ...digest.result({ header: true }),
    });
  }
  const manifest: CsvManifest = {
    formatVersion: 1,
    tool: `bk-db ${deps.version}`,
    database: deps.target.database,
    serverVersion,
    formulaSafe,
    tables: exported,
    sequences: await readSequences(sql, tables),
  };
  await output.write(MANIFEST_FILE, once(Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`)));
  return {
    tables: exported.map(({ schema, name, rows, bytes, sha256 }) => ({
      table: `${schema}.${name}`,
      rows,
      bytes,
      sha256,
    })),
    manifest: MANIFEST_FILE,
  };
}

/** Files that travel with a manifest all have the same form. */
const MANIFEST_FORM: OutputForm = { delimiter: ',', quote: '"', escape: '"', header: true, nullMarker: '' };

async function* digested(
  chunks: AsyncIterable<Buffer>,
  digest: CsvDigest,
  { deps, label }: { readonly deps: ExportCsvDeps; readonly label: string },
): AsyncGenerator<Buffer> {
  let bytes = 0;
  const started = performance.now();
  for await (const chunk of chunks) {
    deps.signal.throwIfAborted();
    digest.update(chunk);
    bytes += chunk.length;
    deps.onProgress({
      phase: `exporting ${label}`,
      ...byteProgress(bytes, undefined, performance.now() - started),
    });
    yield chunk;
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}

/** `schema.table.csv`, without what a file system or another table could mistake. */
function fileNameOf({ schema, name }: SourceTable, taken: readonly ExportedTable[]): string {
  const safe = `${schema}.${name}`
    .replaceAll(/[^\p{L}\p{N}._-]/gu, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 120);
  const isTaken = (file: string) => taken.some((table) => table.file.toLowerCase() === file.toLowerCase());
  for (let n = 1; ; n++) {
    const file = n === 1 ? `${safe}.csv` : `${safe}.${n}.csv`;
    if (!isTaken(file)) return file;
  }
}
