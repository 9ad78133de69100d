import { isUtf8 } from 'node:buffer';
import { BkDbError } from '../core/errors.js';
import { RecordScanner, type Batch, type CsvRecord } from './record-scanner.js';
import type { Dialect } from './types.js';

/** Bytes of a batch: what is kept until the server has taken it. */
const BATCH_BYTES = 1 << 19;
/** Room for the next chunk, too. */
const GROWTH = 1.5;
/** The longest record; memory holds one such and one batch. */
const MAX_RECORD_BYTES = 32 << 20;

/** An item, and how to say that there is time to make the next one ready. */
export interface Handed<T> {
  readonly item: T;
  /** Returns at once; without it the next item is made when it is asked for. */
  readonly prepareNext: () => void;
}

/** The same items; the next one is made while the server works on the last, not while the server waits for it. */
export async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<Handed<T>> {
  let next: Promise<IteratorResult<T, unknown>> | undefined;
  const prepareNext = () => {
    if (next !== undefined) return;
    next = items.next();
    // Its failure is told when it is asked for.
    next.catch(() => undefined);
  };
  try {
    for (;;) {
      prepareNext();
      const current = await (next as unknown as Promise<IteratorResult<T, unknown>>);
      next = undefined;
      if (current.done === true) return;
      yield { item: current.value, prepareNext };
    }
  } finally {
    await items.return(undefined);
  }
}

/** Batches that are alive at once: the one at work, the one prepared, the one being filled. */
const BUFFERS = 3;

/**
 * Cuts a stream into batches of whole records. Memory stays within a few batches and the longest record: a batch's bytes
 * are overwritten when the batch after the next one is asked for.
 * @throws BkDbError DATA_REJECTED for a record beyond 32 MiB, where mostly a quote is missing.
 */
export async function* readBatches(chunks: AsyncIterable<Buffer>, dialect: Dialect): AsyncGenerator<Batch> {
  const scanner = new RecordScanner(dialect);
  const buffers = Array.from({ length: BUFFERS }, () => Buffer.alloc(0));
  let turn = 0;
  let size = 0;
  let next = BATCH_BYTES;
  /** The buffer of this turn with room for so many bytes, and what it has so far. */
  const room = (bytes: number): Buffer => {
    const buffer = buffers[turn] ?? Buffer.alloc(0);
    if (buffer.length >= bytes) return buffer;
    const larger = Buffer.allocUnsafeSlow(Math.ceil(bytes * GROWTH));
    buffer.copy(larger, 0, 0, size);
    buffers[turn] = larger;
    return larger;
  };
  for await (const chunk of chunks) {
    const buffer = room(size + chunk.length);
    chunk.copy(buffer, size);
    size += chunk.length;
    if (size < next) continue;
    const bytes = buffer.subarray(0, size);
    const { records, rest } = scanner.scan(bytes, false);
    const tail = bytes.subarray(rest);
    refuseEndless(tail, scanner.line);
    // A long record is not scanned again for each piece of it.
    next = Math.max(BATCH_BYTES, tail.length * 2);
    if (records.length === 0) continue;
    turn = (turn + 1) % BUFFERS;
    size = 0;
    tail.copy(room(tail.length));
    size = tail.length;
    yield toBatch(bytes, records);
  }
  const bytes = room(size).subarray(0, size);
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
