import { copyIn } from '../core/copy-in.js';
import type { TransactionSql } from '../core/database.js';
import { isServerError } from '../core/to-error.js';
import { fieldCheck, type FieldCheck } from './field-check.js';
import {
  copyNumbered,
  filled,
  insertFromNumbered,
  numberedDefinition,
  NUMBERED,
  type LoadPlan,
} from './load-statements.js';
import { recordFields } from './record-fields.js';
import { slices, type Copying } from './slices.js';
import type { CsvRecord } from './record-scanner.js';
import { suspectQuery } from './target-rules.js';

/** What a staged load came to. */
export interface StagedLoad {
  readonly loaded: number;
  /** Records that the server is to judge one by one, in their order. */
  readonly suspects: readonly CsvRecord[];
}

/** Where more are suspected, their values are written in ways that are unknown here, and suspicion costs more than it saves. */
const MOST_SUSPECTED = 0.25;
/** Times that COPY may name one more row which the checks here let pass. */
const MOST_RETRIES = 8;

/**
 * Loads what is surely good of a batch that has bad rows: values are checked here, what passes is copied into a
 * numbered stage, and the target's rules are looked up there for all rows together. Undefined when that is of no use, or
 * the server refuses what was thought good; nothing is loaded then.
 */
export async function loadStaged(
  sql: TransactionSql,
  plan: LoadPlan,
  { batch, records }: Copying,
): Promise<StagedLoad | undefined> {
  const checks = checksOf(plan);
  const suspects = new Set<CsvRecord>();
  for (const record of records)
    if (!surelyFits(batch.bytes.toString('utf8', record.start, record.end), plan, checks))
      suspects.add(record);
  try {
    return await sql.savepoint(async (savepoint) => {
      const staged = await fillStage(savepoint, plan, { batch, records, suspects });
      if (staged === undefined) throw new Useless();
      const found = await savepoint.unsafe<{ n: number }[]>(await suspectQuery(savepoint, plan));
      for (const { n } of found) {
        const record = staged[n - 1];
        if (record !== undefined) suspects.add(record);
      }
      if (suspects.size > records.length * MOST_SUSPECTED) throw new Useless();
      const { count } = await savepoint.unsafe(
        insertFromNumbered(
          plan,
          found.map(({ n }) => n),
        ),
      );
      return { loaded: count, suspects: records.filter((record) => suspects.has(record)) };
    });
  } catch (error) {
    if (error instanceof Useless || isServerError(error)) return undefined;
    throw error;
  }
}

/** Ends the savepoint when the way over the stage is of no use. */
class Useless extends Error {}

interface Staging extends Copying {
  readonly suspects: Set<CsvRecord>;
}

/** Copies what is not suspected; a row that COPY names is suspected too. The staged records, in their order. */
async function fillStage(
  sql: TransactionSql,
  plan: LoadPlan,
  { batch, records, suspects }: Staging,
): Promise<readonly CsvRecord[] | undefined> {
  await sql.unsafe(numberedDefinition(plan));
  for (let retry = 0; retry < MOST_RETRIES; retry++) {
    if (suspects.size > records.length * MOST_SUSPECTED) return undefined;
    const staged = records.filter((record) => !suspects.has(record));
    if (staged.length === 0) return undefined;
    try {
      await sql.savepoint(async (savepoint) => {
        await savepoint.unsafe(`truncate ${NUMBERED} restart identity`);
        await copyIn(savepoint, copyNumbered(plan), slices(batch.bytes, staged));
      });
      return staged;
    } catch (error) {
      const named = isServerError(error) ? recordAt(staged, lineOf(error.where)) : undefined;
      if (named === undefined) throw error;
      suspects.add(named);
    }
  }
  return undefined;
}

/** The record in which a line of the copied bytes lies, from 1: fields may have line breaks. */
function recordAt(records: readonly CsvRecord[], line: number): CsvRecord | undefined {
  let last = 0;
  return records.find((record) => {
    const first = last + 1;
    last += record.endLine - record.line + 1;
    return first <= line && line <= last;
  });
}

/** `COPY bk_db_csv_numbered, line 12, column c2: "x"`. */
function lineOf(where: string | undefined): number {
  return Number(/^COPY bk_db_csv_numbered, line (\d+)/.exec(where ?? '')?.[1] ?? 0);
}

function checksOf(plan: LoadPlan): readonly (FieldCheck | undefined)[] {
  const checks: (FieldCheck | undefined)[] = [];
  for (const { column, index } of filled(plan)) checks[index] = fieldCheck(column.fullType);
  return checks;
}

function surelyFits(text: string, plan: LoadPlan, checks: readonly (FieldCheck | undefined)[]): boolean {
  const fields = recordFields(text, plan.dialect, plan.nullMarker);
  for (let n = 0; n < fields.length; n++) {
    const field = fields[n];
    if (typeof field === 'string' && checks[n]?.(field) === false) return false;
  }
  return true;
}
