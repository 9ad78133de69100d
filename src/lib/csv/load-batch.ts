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
import { loadSifted } from './load-sifted.js';
import type { LoadMood, PreparedBatch } from './prepare-batch.js';
import { recordFields } from './record-fields.js';
import type { CsvRecord } from './record-scanner.js';
import { Sieve } from './sieve.js';
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

export interface Loading {
  readonly plan: LoadPlan;
  readonly mood: LoadMood;
  /** Told when the server has the rows and is at work on them. */
  readonly onSent: () => void;
}

/**
 * Loads a batch: its bytes go to COPY as they are. When the server refuses them, what is surely good is copied without the
 * others, which the server judges one by one.
 * @throws what the server refuses for another reason than a row.
 */
export async function loadBatch(
  sql: TransactionSql,
  { plan, mood, onSent }: Loading,
  { bytes, proper, malformed, sifted }: PreparedBatch,
): Promise<BatchResult> {
  if (proper.length === 0) return { loaded: 0, unchanged: 0, rejections: malformed };
  const copying = { bytes, records: proper };
  const mayCopy = !endsCopy(copying);
  if (mayCopy && !mood.suspicious) {
    const copied = await tryCopy(sql, { plan, onSent }, copying);
    if (copied !== undefined)
      return { loaded: copied, unchanged: proper.length - copied, rejections: malformed };
  }
  const load =
    mayCopy && isDirect(plan) ? await sift(sql, { plan, mood, onSent }, { ...copying, sifted }) : undefined;
  const judged = await judge(sql, plan, { bytes, records: load?.suspects ?? proper });
  mood.suspicious = load !== undefined && judged.rejections.length > 0;
  const loaded = (load?.loaded ?? 0) + judged.loaded;
  return {
    loaded,
    unchanged: proper.length - loaded - judged.rejections.length,
    rejections: [...malformed, ...judged.rejections].sort((a, b) => a.record.start - b.record.start),
  };
}

async function sift(
  sql: TransactionSql,
  { plan, mood, onSent }: Loading,
  { bytes, records, sifted }: Copying & Pick<PreparedBatch, 'sifted'>,
) {
  const sieve = (mood.sieve ??= await Sieve.create(sql, plan));
  return loadSifted(
    sql,
    { plan, sieve, onSent },
    { bytes, records, ...(sifted ?? sieve.sift(bytes, records)) },
  );
}

async function judge(
  sql: TransactionSql,
  plan: LoadPlan,
  { bytes, records }: Copying,
): Promise<{ readonly loaded: number; readonly rejections: readonly Rejection[] }> {
  if (records.length === 0) return { loaded: 0, rejections: [] };
  const suspects = records.map(({ start, end }) => ({
    fields: recordFields(bytes.toString('utf8', start, end), plan.dialect, plan.nullMarker),
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

function cut(value: string | null): string | null {
  return value === null || value.length <= SHOWN_VALUE ? value : `${value.slice(0, SHOWN_VALUE)}…`;
}

/** Up to PostgreSQL 17 a line `\.` ends COPY's data even in CSV, and what follows is lost without a word. */
function endsCopy({ bytes, records }: Copying): boolean {
  return records.some(
    ({ start, end }) => bytes[start] === 0x5c && bytes[start + 1] === 0x2e && end - start <= 4,
  );
}

/** The number of rows written; undefined when the server refused a row. */
async function tryCopy(
  sql: TransactionSql,
  { plan, onSent }: Pick<Loading, 'plan' | 'onSent'>,
  { bytes, records }: Copying,
): Promise<number | undefined> {
  try {
    return await sql.savepoint(async (savepoint) => {
      const ranges = slices(bytes, records, onSent);
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
