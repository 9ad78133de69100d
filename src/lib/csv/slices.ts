import type { Batch, CsvRecord } from './record-scanner.js';

/** Records of a batch that are to be copied. */
export interface Copying {
  readonly batch: Batch;
  readonly records: readonly CsvRecord[];
}

/** The bytes of the records, neighbours together. */
export function* slices(bytes: Buffer, records: readonly CsvRecord[]): Generator<Buffer> {
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
