import { copyIn } from '../core/copy-in.js';
import type { TransactionSql } from '../core/database.js';
import { isServerError } from '../core/to-error.js';
import { copyStatement, type LoadPlan } from './load-statements.js';
import type { CsvRecord } from './record-scanner.js';
import type { Sieve, Sifted } from './sieve.js';
import { slices } from './slices.js';

/** What a sifted load came to. */
export interface SiftedLoad {
  readonly loaded: number;
  /** Records that the server is to judge one by one, in their order. */
  readonly suspects: readonly CsvRecord[];
}

interface Sifting {
  readonly plan: LoadPlan;
  readonly sieve: Sieve;
  readonly onSent: () => void;
}

interface SiftedBatch extends Sifted {
  readonly bytes: Buffer;
  readonly records: readonly CsvRecord[];
}

/** Where more are suspected, their values are written in ways that are unknown here, and suspicion costs more than it saves. */
const MOST_SUSPECTED = 0.25;
/** Times that COPY may name one more row which the sieve let pass. */
const MOST_RETRIES = 8;

/**
 * Copies what is surely good of a batch that has bad rows. Undefined when sifting is of no use, or the server refuses what
 * was thought good; nothing is loaded then.
 */
export async function loadSifted(
  sql: TransactionSql,
  { plan, sieve, onSent }: Sifting,
  batch: SiftedBatch,
): Promise<SiftedLoad | undefined> {
  const { bytes, records, suspects } = batch;
  const isUseless = () => suspects.size > records.length * MOST_SUSPECTED;
  if (isUseless()) return undefined;
  const wasSifted = await attempt(sql, (savepoint) => sieve.addRefused(savepoint, batch));
  if (wasSifted.failure !== undefined) return undefined;
  for (let retry = 0; retry < MOST_RETRIES && !isUseless(); retry++) {
    const good = records.filter((record) => !suspects.has(record));
    const { value: loaded, failure } = await attempt(sql, (savepoint) =>
      good.length === 0
        ? Promise.resolve(0)
        : copyIn(savepoint, copyStatement(plan), slices(bytes, good, onSent)),
    );
    if (loaded !== undefined) return { loaded, suspects: records.filter((record) => suspects.has(record)) };
    const named = recordAt(good, lineOf(failure.where));
    if (named === undefined) return undefined;
    suspects.add(named);
  }
  return undefined;
}

/** Runs the work in a savepoint. @throws what is no answer of the server. */
async function attempt<T>(sql: TransactionSql, work: (savepoint: TransactionSql) => Promise<T>) {
  try {
    return { value: (await sql.savepoint(work)) as T, failure: undefined };
  } catch (failure) {
    if (!isServerError(failure)) throw failure;
    return { value: undefined, failure };
  }
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

/** `COPY orders, line 12, column amount: "x"`. */
function lineOf(where: string | undefined): number {
  return Number(/^COPY .+, line (\d+)/.exec(where ?? '')?.[1] ?? 0);
}
