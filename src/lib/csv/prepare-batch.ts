import type { Rejection } from './load-batch.js';
import type { LoadPlan } from './load-statements.js';
import type { Batch, CsvRecord } from './record-scanner.js';
import type { Sieve, Sifted } from './sieve.js';
import type { RejectedRow } from './types.js';

/** What is known of a batch before the server sees it. */
export interface PreparedBatch extends Batch {
  /** Records with as many fields as there should be. */
  readonly proper: readonly CsvRecord[];
  /** Records that are no proper CSV, or have other fields. */
  readonly malformed: readonly Rejection[];
  /** The values of the proper ones, looked at ahead; absent where bad rows are not expected. */
  readonly sifted: Sifted | undefined;
}

/** What the last batch tells of the next one. */
export interface LoadMood {
  /** The last batch had rows that did not fit: the next one is not tried as a whole first. */
  suspicious: boolean;
  /** Made when it is first needed. */
  sieve: Sieve | undefined;
}

/** Looks at the form of records, and where bad ones are expected at their values, while the server is at work. */
export async function* prepareBatches(
  batches: AsyncIterable<Batch>,
  plan: LoadPlan,
  mood: LoadMood,
): AsyncGenerator<PreparedBatch> {
  for await (const { bytes, records } of batches) {
    const malformed: Rejection[] = [];
    const proper = records.filter((record) => {
      const problem = record.problem ?? shapeProblem(record, plan);
      if (problem !== undefined) malformed.push({ record, reject: refusal(record, problem) });
      return problem === undefined;
    });
    const sifted = mood.suspicious ? mood.sieve?.sift(bytes, proper) : undefined;
    yield { bytes, records, proper, malformed, sifted };
  }
}

function shapeProblem({ fields }: CsvRecord, { mapping }: LoadPlan): string | undefined {
  const wanted = mapping.columns.length;
  return fields === wanted ? undefined : `it has ${fields} fields instead of ${wanted}`;
}

function refusal({ line, endLine }: CsvRecord, reason: string): RejectedRow {
  return { line, endLine, column: null, value: null, sqlState: null, reason };
}
