import { quoteIdentifier, quoteLiteral } from '../core/database.js';
import type { Mapping } from './column-mapping.js';
import type { TargetTable } from './target-table.js';
import type { Dialect, ImportMode } from './types.js';

export interface LoadPlan {
  readonly table: TargetTable;
  readonly mapping: Mapping;
  readonly dialect: Dialect;
  readonly mode: ImportMode;
  /** Columns of the unique key that modes ignore and upsert go by. */
  readonly key: readonly string[];
  /** What stands for null outside quotes. */
  readonly nullMarker: string;
}

/** A temporary table that COPY fills before rows go on to the target; its columns are those of the file. */
export const STAGE = 'pg_temp.bk_db_csv_stage';
/** Rows as arrays of texts, for what cannot be copied in one go. */
export const SUSPECTS = 'pg_temp.bk_db_csv_suspects';
export const REJECTS = 'pg_temp.bk_db_csv_rejects';

/** Whether rows can be copied straight into the target. */
export function isDirect({ table, mapping, mode }: LoadPlan): boolean {
  return (
    table.takesCopy &&
    (mode === 'insert' || mode === 'replace') &&
    mapping.ignored.length === 0 &&
    mapping.constants.length === 0
  );
}

/** COPY of the file's own bytes, into the target or the stage. */
export function copyStatement(plan: LoadPlan): string {
  const { table, mapping } = plan;
  const into = isDirect(plan)
    ? `${table.sqlName} (${mapping.columns.map((column) => quoteIdentifier(column?.name ?? '')).join(', ')})`
    : STAGE;
  return copyCsv(into, plan);
}

function copyCsv(into: string, { dialect, nullMarker }: LoadPlan): string {
  const { delimiter, quote, escape } = dialect;
  return `copy ${into} from stdin (format csv, encoding 'UTF8', delimiter ${quoteLiteral(delimiter)}, quote ${quoteLiteral(quote)}, escape ${quoteLiteral(escape)}, null ${quoteLiteral(nullMarker)})`;
}

/** The stage has the target's types without its constraints; what is left out is text. */
export function stageDefinition({ mapping }: LoadPlan): string {
  const columns = mapping.columns.map((column, index) => `c${index} ${column?.fullType ?? 'text'}`);
  return `create temporary table if not exists bk_db_csv_stage (${columns.join(', ')}) on commit drop`;
}

/** Rows from the stage into the target. */
export function insertFromStage(plan: LoadPlan): string {
  const values = filled(plan).map(({ index }) => `c${index}`);
  return `${insertHead(plan)} select ${[...values, ...constantValues(plan)].join(', ')} from ${STAGE}${conflictClause(plan)}`;
}

/** Suspects from one place to another into the target: each text is read as COPY reads it. */
export function insertFromSuspects(plan: LoadPlan, from: string, to: string): string {
  const values = filled(plan).map(({ index, column }) => `(fields[${index + 1}])::${column.type}`);
  return `${insertHead(plan)} select ${[...values, ...constantValues(plan)].join(', ')} from ${SUSPECTS} where n between ${from} and ${to} order by n${conflictClause(plan)}`;
}

/** The columns that the file fills, with their places in it. */
export function filled({ mapping }: LoadPlan) {
  return mapping.columns.flatMap((column, index) => (column === undefined ? [] : [{ column, index }]));
}

function insertHead(plan: LoadPlan): string {
  const { table, mapping } = plan;
  const columns = [...filled(plan), ...mapping.constants].map(({ column }) => column);
  const overriding = columns.some(({ isAlwaysIdentity }) => isAlwaysIdentity)
    ? ' overriding system value'
    : '';
  return `insert into ${table.sqlName} (${columns.map(({ name }) => quoteIdentifier(name)).join(', ')})${overriding}`;
}

function constantValues({ mapping }: LoadPlan): string[] {
  return mapping.constants.map(({ column, value }) => `(${quoteLiteral(value)})::${column.type}`);
}

function conflictClause(plan: LoadPlan): string {
  const { mode, key, table } = plan;
  if (mode !== 'ignore' && mode !== 'upsert') return '';
  const target = key.length === 0 ? '' : ` (${key.map(quoteIdentifier).join(', ')})`;
  if (mode === 'ignore') return ` on conflict${target} do nothing`;
  const written = [...filled(plan), ...plan.mapping.constants]
    .map(({ column }) => column.name)
    .filter((name) => !key.includes(name))
    .map(quoteIdentifier);
  if (written.length === 0) return ` on conflict${target} do nothing`;
  const own = written.map((name) => `${quoteIdentifier(table.name)}.${name}`).join(', ');
  const given = written.map((name) => `excluded.${name}`).join(', ');
  const set = written.map((name) => `${name} = excluded.${name}`).join(', ');
  return ` on conflict${target} do update set ${set} where (${own}) is distinct from (${given})`;
}
