import { isUtf8 } from 'node:buffer';
import { BkDbError } from '../core/errors.js';
import { RecordScanner, type Batch, type CsvRecord } from './record-scanner.js';
import type { Dialect } from './types.js';

/** Bytes of a batch: what is kept until the server has taken it. */
const BATCH_BYTES = 1 << 19;
/** The longest record; memory holds one such and one batch. */
const MAX_RECORD_BYTES = 32 << 20;

/** The same items, the next one made ready while the last one is at work: the scan overlaps with the server. */
export async function* aheadByOne<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      const current = await next;
      if (current.done === true) return;
      next = items.next();
      // Its failure is told when it is asked for.
      next.catch(() => undefined);
      yield current.value;
    }
  } finally {
    await items.return(undefined);
  }
}

/**
 * Cuts a stream into batches of whole records. Memory stays within a batch and the longest record.
 * @throws BkDbError DATA_REJECTED for a record beyond 32 MiB, where mostly a quote is missing.
 */
export async function* readBatches(chunks: AsyncIterable<Buffer>, dialect: Dialect): AsyncGenerator<Batch> {
  const scanner = new RecordScanner(dialect);
  let held: Buffer[] = [];
  let size = 0;
  let next = BATCH_BYTES;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    if (size < next) continue;
    const bytes = Buffer.concat(held, size);
    const { records, rest } = scanner.scan(bytes, false);
    if (records.length > 0) yield toBatch(bytes, records);
    const tail = bytes.subarray(rest);
    refuseEndless(tail, scanner.line);
    held = [Buffer.from(tail)];
    size = tail.length;
    // A long record is not scanned again for each piece of it.
    next = Math.max(BATCH_BYTES, size * 2);
  }
  const bytes = Buffer.concat(held, size);
  const { records } = scanner.scan(bytes, true);
  if (records.length > 0) yield toBatch(bytes, records);
}

/** Invalid UTF-8 is named here: COPY would refuse the batch without saying where. */
function toBatch(bytes: Buffer, records: readonly CsvRecord[]): Batch {
  if (isUtf8(bytes)) return { bytes, records };
  return {
    bytes,
    records: records.map((record) =>
      record.problem !== undefined || isUtf8(bytes.subarray(record.start, record.end))
        ? record
        : { ...record, problem: 'it is not valid UTF-8' },
    ),
  };
}

function refuseEndless(tail: Buffer, line: number): void {
  if (tail.length <= MAX_RECORD_BYTES) return;
  throw new BkDbError('DATA_REJECTED', `the record that begins at line ${line} is longer than 32 MiB`, {
    hint: 'Is a closing quote missing? Nothing was loaded.',
    details: { line, maxRecordBytes: MAX_RECORD_BYTES },
  });
}
