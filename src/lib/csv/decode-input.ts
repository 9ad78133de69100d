import { BkDbError } from '../core/errors.js';
import { peek } from '../core/peek.js';
import type { Input } from './open-input.js';

/** An input as UTF-8 without a byte order mark. */
export interface DecodedInput extends Input {
  readonly encoding: string;
  readonly bom: boolean;
  /** Its first 64 KiB as text, to tell the dialect from. */
  readonly sample: string;
}

const MARKS = [
  { encoding: 'utf-8', mark: Buffer.from([0xef, 0xbb, 0xbf]) },
  { encoding: 'utf-16le', mark: Buffer.from([0xff, 0xfe]) },
  { encoding: 'utf-16be', mark: Buffer.from([0xfe, 0xff]) },
];

/**
 * Finds the encoding by the byte order mark and turns everything into UTF-8. Without a mark it is UTF-8, unless told.
 * @throws BkDbError USAGE for an encoding that Node does not know; DATA_REJECTED while reading what does not decode.
 */
export async function decodeInput(input: Input, given: string | undefined): Promise<DecodedInput> {
  const { head, rest } = await peek(input.chunks);
  const found = MARKS.find(({ mark }) => head.subarray(0, mark.length).equals(mark));
  const encoding = canonical(given ?? found?.encoding ?? 'utf-8');
  const skipped = skip(rest, found?.mark.length ?? 0);
  const start = head.subarray(found?.mark.length ?? 0);
  if (encoding === 'utf-8') {
    return { ...input, chunks: skipped, encoding, bom: found !== undefined, sample: start.toString('utf8') };
  }
  return {
    ...input,
    chunks: transcode(skipped, encoding, input.name),
    encoding,
    bom: found !== undefined,
    sample: new TextDecoder(encoding).decode(start, { stream: true }),
  };
}

function canonical(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new BkDbError('USAGE', `unknown encoding: ${label}`, {
      hint: 'Such as utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis.',
    });
  }
}

async function* skip(chunks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function* transcode(
  chunks: AsyncIterable<Buffer>,
  encoding: string,
  name: string,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
    yield Buffer.from(decoder.decode());
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new BkDbError('DATA_REJECTED', `${name} is not text in ${encoding}`, {
      hint: 'Nothing was loaded. Name its encoding with --encoding.',
      cause,
    });
  }
}
