import { Unzip } from 'minizlib';
import type { OpenTool, Tool } from '../core/process.js';

export interface DecompressDeps {
  readonly openTool: OpenTool;
  readonly signal?: AbortSignal | undefined;
}

export type Compressor = 'gzip' | 'zstd' | 'lz4' | 'xz';

/** More would let a piece of very repetitive data grow to hundreds of megabytes. */
const PIECE_BYTES = 64 * 1024;
/** minizlib hands these on to Node's zlib, though its types know no chunkSize. */
const UNZIP_OPTIONS = { async: false, chunkSize: 256 * 1024 };

/** Programs that undo what Node cannot. */
const PROGRAMS: Readonly<Record<Compressor, Tool>> = {
  gzip: { command: 'gzip', args: ['-dc'] },
  zstd: { command: 'zstd', args: ['-dcq'] },
  lz4: { command: 'lz4', args: ['-dcq'] },
  xz: { command: 'xz', args: ['-dcq'] },
};

/** Undoes a compression piece by piece; throws at the end of data that is damaged or cut short. */
export function decompress(
  { openTool, signal }: DecompressDeps,
  algorithm: Compressor,
  input: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> {
  if (algorithm === 'gzip') return inflate(input);
  return openTool(PROGRAMS[algorithm], { input, signal });
}

/**
 * Undoes gzip and zlib. Synchronous and in this thread: Node's own streams spend a quarter more processor time in
 * handing every piece to another thread and back.
 */
async function* inflate(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unzip = new Unzip(UNZIP_OPTIONS);
  const ready: Buffer[] = [];
  const failures: unknown[] = [];
  unzip.on('data', (piece: Buffer) => ready.push(piece));
  unzip.on('error', (error) => failures.push(error));
  const check = () => {
    if (failures.length > 0) throw toError(failures[0]);
  };
  for await (const piece of input) {
    for (let at = 0; at < piece.length; at += PIECE_BYTES) {
      unzip.write(piece.subarray(at, at + PIECE_BYTES));
      check();
      yield* ready.splice(0);
    }
  }
  unzip.end();
  check();
  yield* ready.splice(0);
}

function toError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}
