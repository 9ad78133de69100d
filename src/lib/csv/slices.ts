import type { CsvRecord } from './record-scanner.js';

/** Records that are to be copied, and the bytes they lie in. */
export interface Copying {
  readonly bytes: Buffer;
  readonly records: readonly CsvRecord[];
}

/** The bytes of the records, neighbours together; tells when all were handed over. */
export function* slices(
  bytes: Buffer,
  records: readonly CsvRecord[],
  onSent: () => void = () => undefined,
): Generator<Buffer> {
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
  setImmediate(onSent);
}
