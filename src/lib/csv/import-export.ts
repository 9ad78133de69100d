import { copyIn } from '../core/copy-in.js';
import { quoteIdentifier, quoteQualified, withDatabase, type TransactionSql } from '../core/database.js';
import type { ConnectionTarget } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import type { OnProgress } from '../core/progress.js';
import { isServerError, toBkDbError } from '../core/to-error.js';
import { runTransaction } from '../core/transaction.js';
import { copyOut, fixTextForms } from './copy-out.js';
import { CsvDigest } from './csv-digest.js';
import type { ExportedTable } from './csv-manifest.js';
import { openExport, type OpenedExport } from './open-export.js';
import { readSourceTables, selectRows } from './source-tables.js';
import { setSequences } from './sequences.js';
import { orderTables, type ForeignKey } from './table-order.js';
import type { CsvImportAllResult } from './types.js';

export interface ImportExportDeps {
  readonly target: ConnectionTarget;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface ImportExportOptions {
  /** A folder or archive that csv export wrote. */
  readonly path: string;
  /** Empties the tables first, instead of refusing those that have rows. */
  readonly replace: boolean;
}

/**
 * Loads all tables of an export in one transaction, those that others refer to first, and compares each with what was
 * exported. Triggers of the tables do not fire: the rows are history, not news; foreign keys hold at the end.
 * @throws BkDbError NOT_FOUND (path, tables), BACKUP_CORRUPT, TARGET_NOT_EMPTY, DATA_REJECTED, VERIFY_MISMATCH, PERMISSION (not the owner
 *   of a table), or the abort reason. Nothing is loaded then.
 */
export async function importExport(
  deps: ImportExportDeps,
  options: ImportExportOptions,
): Promise<CsvImportAllResult> {
  const started = performance.now();
  const opened = await openExport(options.path);
  try {
    const loaded = await withDatabase(deps.target, { signal: deps.signal }, ({ sql }) =>
      runTransaction(sql, (transaction) => load(transaction, { ...deps, ...options, opened }), {
        retries: 0,
      }),
    );
    return { path: options.path, ...loaded, durationMs: Math.round(performance.now() - started) };
  } catch (error) {
    deps.signal.throwIfAborted();
    throw toBkDbError(error);
  } finally {
    opened.close();
  }
}

interface Run extends ImportExportDeps, ImportExportOptions {
  readonly opened: OpenedExport;
}

async function load(sql: TransactionSql, run: Run) {
  const { manifest } = run.opened;
  if (manifest.formulaSafe) throw changedTexts(run.path);
  const tables = new Map(manifest.tables.map((table) => [labelOf(table), table]));
  await fixTextForms(sql);
  await requireTables(sql, [...tables.keys()]);
  const keys = await readForeignKeys(sql, [...tables.keys()]);
  const order = orderTables([...tables.keys()], keys).flatMap((label) => tables.get(label) ?? []);
  const triggers = await disableTriggers(sql, order);
  const circular = await deferCircular(sql, keys, order.map(labelOf));
  const emptied = run.replace ? order : await tablesWithKnownRows(sql, run, order);
  for (const table of emptied.toReversed()) await sql.unsafe(`delete from ${sqlName(table)}`);
  for (const [index, table] of order.entries()) {
    run.signal.throwIfAborted();
    run.onProgress({
      phase: `importing ${labelOf(table)}`,
      done: index,
      total: order.length,
      unit: 'tables',
    });
    await loadTable(sql, run, table);
  }
  await sql`set constraints all immediate`;
  for (const key of circular) await alterKey(sql, key, 'not deferrable');
  for (const trigger of triggers) await alterTrigger(sql, trigger, trigger.state);
  await compare(sql, run, order);
  const sequences = await setSequences(sql, manifest.sequences);
  return {
    tables: order.map((table) => ({ table: labelOf(table), rows: table.rows })),
    rows: order.reduce((sum, { rows }) => sum + rows, 0),
    sequences,
  };
}

/** Which apostrophes are the spreadsheet's and which the text's own, nobody can tell any more. */
function changedTexts(path: string): BkDbError {
  return new BkDbError(
    'DATA_REJECTED',
    `${path} was written with --excel-safe: its texts are not those of the database`,
    {
      hint: 'Export again without it. Nothing was loaded.',
    },
  );
}

async function loadTable(sql: TransactionSql, { opened }: Run, table: ExportedTable): Promise<void> {
  const columns = table.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const statement = `copy ${sqlName(table)} (${columns}) from stdin (format csv, header, encoding 'UTF8')`;
  try {
    const rows = await copyIn(sql, statement, opened.read(table));
    if (rows === table.rows) return;
    throw new BkDbError(
      'BACKUP_CORRUPT',
      `${table.file} has ${rows} rows instead of ${table.rows}; nothing was loaded`,
    );
  } catch (cause) {
    if (!isServerError(cause) || !/^2[23]|^ZB|^P0/.test(cause.code)) throw cause;
    throw new BkDbError(
      'DATA_REJECTED',
      `${table.file} does not fit into ${labelOf(table)}: ${cause.message}; nothing was loaded`,
      {
        hint: 'Has the schema changed since the export?',
        details: { table: labelOf(table), where: cause.where },
      },
    );
  }
}

async function requireTables(sql: TransactionSql, labels: readonly string[]): Promise<void> {
  const found = await sql<{ label: string }[]>`
    select n.nspname || '.' || c.relname as label
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname || '.' || c.relname = any (${[...labels]})`;
  const known = new Set(found.map(({ label }) => label));
  const missing = labels.filter((label) => !known.has(label));
  if (missing.length === 0) return;
  throw new BkDbError('NOT_FOUND', `this database has no table ${missing.slice(0, 5).join(', ')}`, {
    hint: 'CSV holds rows only: make the schema first, with migrate for one.',
    details: { missing },
  });
}

interface NamedKey extends ForeignKey {
  readonly name: string;
  /** The table it belongs to, quoted: a partition may have keys of its own. */
  readonly table: string;
  readonly deferrable: boolean;
}

/** Keys between the tables; those of partitions speak for their parents. */
async function readForeignKeys(sql: TransactionSql, labels: readonly string[]): Promise<NamedKey[]> {
  const keys = await sql<NamedKey[]>`
    select k.conname as name, k.condeferrable as deferrable, k.conrelid::regclass::text as table,
           fn.nspname || '.' || f.relname as "from", tn.nspname || '.' || t.relname as "to"
      from pg_catalog.pg_constraint k
      join pg_catalog.pg_class f on f.oid = coalesce(pg_catalog.pg_partition_root(k.conrelid), k.conrelid)
      join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
      join pg_catalog.pg_class t on t.oid = coalesce(pg_catalog.pg_partition_root(k.confrelid), k.confrelid)
      join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
     where k.contype = 'f' and k.conparentid = 0 and fn.nspname || '.' || f.relname = any (${[...labels]})`;
  return [...keys];
}

/** Makes the keys wait that point at a table loaded later. Those that could wait already do; the others are given back. */
async function deferCircular(sql: TransactionSql, keys: readonly NamedKey[], order: readonly string[]) {
  const place = new Map(order.map((label, index) => [label, index]));
  const changed = keys.filter(
    ({ from, to, deferrable }) =>
      !deferrable && from !== to && (place.get(to) ?? -1) > (place.get(from) ?? -1),
  );
  await sql`set constraints all deferred`;
  for (const key of changed) await alterKey(sql, key, 'deferrable initially deferred');
  return changed;
}

async function alterKey(
  sql: TransactionSql,
  { table, name }: { readonly table: string; readonly name: string },
  how: string,
): Promise<void> {
  await sql.unsafe(`alter table ${table} alter constraint ${quoteIdentifier(name)} ${how}`);
}

interface Trigger {
  readonly table: string;
  readonly name: string;
  /** How it comes back: `enable`, `enable always`, `enable replica`. */
  readonly state: string;
}

/** Switches the tables' own triggers off; the transaction ends with each as it was. Foreign keys stay on. */
async function disableTriggers(sql: TransactionSql, tables: readonly ExportedTable[]): Promise<Trigger[]> {
  const triggers = await sql<Trigger[]>`
    select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as table, t.tgname as name,
           case t.tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'enable' end as state
      from pg_catalog.pg_trigger t
      join pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where not t.tgisinternal and t.tgenabled <> 'D' and n.nspname || '.' || c.relname = any (${tables.map(labelOf)})`;
  for (const trigger of triggers) await alterTrigger(sql, trigger, 'disable');
  return [...triggers];
}

async function alterTrigger(sql: TransactionSql, { table, name }: Trigger, action: string): Promise<void> {
  await sql.unsafe(`alter table ${table} ${action} trigger ${quoteIdentifier(name)}`);
}

/** More are not looked at: they come from no migration. */
const MOST_KNOWN_ROWS = 10_000;

/**
 * The tables that have rows, all of which the export has too, such as those that migrations make: nothing is lost when they
 * are loaded again.
 * @throws BkDbError TARGET_NOT_EMPTY for a table with any other row.
 */
async function tablesWithKnownRows(
  sql: TransactionSql,
  run: Run,
  tables: readonly ExportedTable[],
): Promise<readonly ExportedTable[]> {
  const known: ExportedTable[] = [];
  for (const table of tables) {
    const [row] = await sql.unsafe<{ n: number }[]>(
      `select pg_catalog.count(*)::int as n from (select from ${sqlName(table)} limit ${MOST_KNOWN_ROWS + 1}) r`,
    );
    const count = row?.n ?? 0;
    if (count === 0) continue;
    if (count > MOST_KNOWN_ROWS || !(await hasAllRowsOf(sql, run, table))) throw hasRows(table);
    known.push(table);
  }
  return known;
}

/** True when the export has every row of the table. */
async function hasAllRowsOf(sql: TransactionSql, { opened }: Run, table: ExportedTable): Promise<boolean> {
  const columns = table.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  await sql.unsafe(
    `create temporary table bk_db_known on commit drop as select ${columns} from ${sqlName(table)} limit 0`,
  );
  const statement = `copy pg_temp.bk_db_known (${columns}) from stdin (format csv, header, encoding 'UTF8')`;
  await copyIn(sql, statement, opened.read(table));
  const [row] = await sql.unsafe<{ strange: boolean }[]>(
    `select exists (select row (${columns})::text from ${sqlName(table)} except select row (${columns})::text from pg_temp.bk_db_known) as strange`,
  );
  await sql.unsafe('drop table pg_temp.bk_db_known');
  return row?.strange === false;
}

function hasRows(table: ExportedTable): BkDbError {
  return new BkDbError('TARGET_NOT_EMPTY', `table ${labelOf(table)} has rows that are not in the export`, {
    hint: 'Nothing was loaded. `csv import --all --mode replace`, or `restore --empty-tables`, deletes such rows first.',
  });
}

async function compare(sql: TransactionSql, run: Run, tables: readonly ExportedTable[]): Promise<void> {
  const sources = await readSourceTables(sql, { tables: tables.map(sqlName), schemas: [], all: false });
  for (const table of tables) {
    const source = sources.find(({ schema, name }) => schema === table.schema && name === table.name);
    if (source === undefined) continue;
    run.onProgress({ phase: `comparing ${labelOf(table)}` });
    const columns = table.columns.flatMap(
      ({ name }) => source.columns.find((column) => column.name === name) ?? [],
    );
    const query = selectRows({ ...source, columns }, { withoutGenerated: true, formulaSafe: false });
    const form = { delimiter: ',', quote: '"', escape: '"', header: true, nullMarker: '' };
    const digest = new CsvDigest();
    for await (const chunk of copyOut(sql, query, form)) digest.update(chunk);
    const { sha256 } = digest.result(form);
    if (sha256 === table.sha256) continue;
    throw new BkDbError(
      'VERIFY_MISMATCH',
      `what ${labelOf(table)} holds now is not what was exported; nothing was loaded`,
      {
        hint: 'Do its columns have other types here?',
        details: { table: labelOf(table) },
      },
    );
  }
}

function labelOf({ schema, name }: ExportedTable): string {
  return `${schema}.${name}`;
}

function sqlName({ schema, name }: ExportedTable): string {
  return quoteQualified(schema, name);
}
