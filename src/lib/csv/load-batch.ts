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
import { recordFields } from './record-fields.js';
import type { Batch, CsvRecord } from './record-scanner.js';
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

/**
 * Loads a batch: its bytes go to COPY as they are; when the server refuses them, it judges the rows one by one.
 * @throws what the server refuses for another reason than a row.
 */
export async function loadBatch(sql: TransactionSql, plan: LoadPlan, batch: Batch): Promise<BatchResult> {
  const rejections = batch.records.flatMap((record) => {
    const problem = record.problem ?? shapeProblem(record, plan);
    return problem === undefined ? [] : [{ record, reject: malformed(record, problem) }];
  });
  const refused = new Set(rejections.map(({ record }) => record));
  const records = batch.records.filter((record) => !refused.has(record));
  if (records.length === 0) return { loaded: 0, unchanged: 0, rejections };
  const copied = endsCopy(batch, records) ? undefined : await tryCopy(sql, plan, { batch, records });
  if (copied !== undefined) return { loaded: copied, unchanged: records.length - copied, rejections };
  const suspects = records.map(({ start, end }) => ({
    fields: recordFields(batch.bytes.toString('utf8', start, end), plan.dialect, plan.nullMarker),
  }));
  const { loaded, verdicts } = await judgeSuspects(sql, plan, suspects);
  const judged = verdicts.flatMap(({ place, column, value, sqlState, reason }) => {
    const record = records[place];
    if (record === undefined) return [];
    const { line, endLine } = record;
    return [{ record, reject: { line, endLine, column, value: cut(value), sqlState, reason } }];
  });
  return {
    loaded,
    unchanged: records.length - loaded - judged.length,
    rejections: [...rejections, ...judged].sort((a, b) => a.record.start - b.record.start),
  };
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

interface Copying {
  readonly batch: Batch;
  readonly records: readonly CsvRecord[];
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

/** The bytes of the records, neighbours together. */
function* slices(bytes: Buffer, records: readonly CsvRecord[]): Generator<Buffer> {
  let start = records[0]?.start ?? 0;
  let end = start;
  for (const record of records) {
    if (record.start !== end) {
      yield bytes.subarray(start, end);
      ({ start } = record);
    }
    ({ end } = record);
  }
  yield bytes.subarray(start, end);
}
