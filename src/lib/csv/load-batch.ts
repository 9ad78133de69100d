import { copyIn } from '../core/copy-in.js';
import type { TransactionSql } from '../core/database.js';
import { isServerError } from '../core/to-error.js';
import { judgeSuspects, NOT_OF_A_ROW } from './judge-suspects.js';
import {
  copyStatement,
  insertFromStage,
  isDirect,
  stageDefinition,
  STAGE,
  type LoadPlan,
} from './load-statements.js';
import { loadStaged } from './load-staged.js';
import { recordFields } from './record-fields.js';
import type { Batch, CsvRecord } from './record-scanner.js';
import { slices, type Copying } from './slices.js';
import type { RejectedRow } from './types.js';

/** A record that was not loaded. */
export interface Rejection {
  readonly record: CsvRecord;
  readonly reject: RejectedRow;
}

export interface BatchResult {
  readonly loaded: number;
  /** Rows that a conflict kept from being written. */
  readonly unchanged: number;
  readonly rejections: readonly Rejection[];
}

/** The longest value that is shown. */
const SHOWN_VALUE = 200;

/** What the last batch tells of the next one. */
export interface LoadMood {
  /** The last batch had rows that did not fit: the next one is not tried as a whole first. */
  suspicious: boolean;
}

/**
 * Loads a batch: its bytes go to COPY as they are. When the server refuses them, what is surely good goes by a stage, and
 * the server judges the other rows one by one.
 * @throws what the server refuses for another reason than a row.
 */
export async function loadBatch(
  sql: TransactionSql,
  { plan, mood }: { readonly plan: LoadPlan; readonly mood: LoadMood },
  batch: Batch,
): Promise<BatchResult> {
  const rejections = batch.records.flatMap((record) => {
    const problem = record.problem ?? shapeProblem(record, plan);
    return problem === undefined ? [] : [{ record, reject: malformed(record, problem) }];
  });
  const refused = new Set(rejections.map(({ record }) => record));
  const records = batch.records.filter((record) => !refused.has(record));
  if (records.length === 0) return { loaded: 0, unchanged: 0, rejections };
  const mayCopy = !endsCopy(batch, records);
  if (mayCopy && !mood.suspicious) {
    const copied = await tryCopy(sql, plan, { batch, records });
    if (copied !== undefined) return { loaded: copied, unchanged: records.length - copied, rejections };
  }
  const staged = mayCopy && isDirect(plan) ? await loadStaged(sql, plan, { batch, records }) : undefined;
  const judged = await judge(sql, plan, { batch, records: staged?.suspects ?? records });
  mood.suspicious = staged !== undefined && judged.rejections.length > 0;
  const loaded = (staged?.loaded ?? 0) + judged.loaded;
  return {
    loaded,
    unchanged: records.length - loaded - judged.rejections.length,
    rejections: [...rejections, ...judged.rejections].sort((a, b) => a.record.start - b.record.start),
  };
}

async function judge(
  sql: TransactionSql,
  plan: LoadPlan,
  { batch, records }: Copying,
): Promise<{ readonly loaded: number; readonly rejections: readonly Rejection[] }> {
  if (records.length === 0) return { loaded: 0, rejections: [] };
  const suspects = records.map(({ start, end }) => ({
    fields: recordFields(batch.bytes.toString('utf8', start, end), plan.dialect, plan.nullMarker),
  }));
  const { loaded, verdicts } = await judgeSuspects(sql, plan, suspects);
  const rejections = verdicts.flatMap(({ place, column, value, sqlState, reason }) => {
    const record = records[place];
    if (record === undefined) return [];
    const { line, endLine } = record;
    return [{ record, reject: { line, endLine, column, value: cut(value), sqlState, reason } }];
  });
  return { loaded, rejections };
}

function shapeProblem({ fields }: CsvRecord, { mapping }: LoadPlan): string | undefined {
  const wanted = mapping.columns.length;
  return fields === wanted ? undefined : `it has ${fields} fields instead of ${wanted}`;
}

function malformed({ line, endLine }: CsvRecord, reason: string): RejectedRow {
  return { line, endLine, column: null, value: null, sqlState: null, reason };
}

function cut(value: string | null): string | null {
  return value === null || value.length <= SHOWN_VALUE ? value : `${value.slice(0, SHOWN_VALUE)}…`;
}

/** Up to PostgreSQL 17 a line `\.` ends COPY's data even in CSV, and what follows is lost without a word. */
function endsCopy({ bytes }: Batch, records: readonly CsvRecord[]): boolean {
  return records.some(
    ({ start, end }) => bytes[start] === 0x5c && bytes[start + 1] === 0x2e && end - start <= 4,
  );
}

/** The number of rows written; undefined when the server refused a row. */
async function tryCopy(
  sql: TransactionSql,
  plan: LoadPlan,
  { batch, records }: Copying,
): Promise<number | undefined> {
  try {
    return await sql.savepoint(async (savepoint) => {
      const ranges = slices(batch.bytes, records);
      if (isDirect(plan)) return copyIn(savepoint, copyStatement(plan), ranges);
      await savepoint.unsafe(`${stageDefinition(plan)}; truncate ${STAGE}`);
      await copyIn(savepoint, copyStatement(plan), ranges);
      return (await savepoint.unsafe(insertFromStage(plan))).count;
    });
  } catch (error) {
    if (isServerError(error) && !NOT_OF_A_ROW.some((state) => error.code.startsWith(state))) return undefined;
    throw error;
  }
}
