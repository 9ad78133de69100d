import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { createGunzip } from 'node:zlib';
import * as zlib from 'node:zlib';
import { BkDbError } from '../core/errors.js';
import { peek } from '../core/peek.js';
import type { OpenTool } from '../core/process.js';

/** A CSV source as UTF-8 bytes, whatever it was written in. */
export interface Input {
  /** What messages call it. */
  readonly name: string;
  /** Size as stored, undefined for standard input. */
  readonly bytes: number | undefined;
  /** How many stored bytes were read so far. */
  readonly read: () => number;
  readonly chunks: AsyncIterable<Buffer>;
}

export interface OpenInputOptions {
  /** `-` is standard input. */
  readonly path: string;
  readonly stdin: Readable;
  /** Starts xz, and zstd where Node has none. */
  readonly openTool: OpenTool;
  readonly signal: AbortSignal;
}

/** A small file that becomes this much, and this many times its size, is a bomb. */
const BOMB_BYTES = 1 << 30;
const BOMB_RATIO = 200;

/**
 * Opens a file or standard input; gzip, zstd and xz are recognised by content and undone on the way.
 * @throws BkDbError NOT_FOUND, IO, TOOL_MISSING (xz, zstd before Node 22.15), DATA_REJECTED (a decompression bomb).
 */
export async function openInput({ path, stdin, openTool, signal }: OpenInputOptions): Promise<Input> {
  const isStdin = path === '-';
  const name = isStdin ? 'standard input' : path;
  const bytes = isStdin ? undefined : await fileSize(path);
  const source = isStdin ? stdin : createReadStream(path, { highWaterMark: 1 << 18, signal });
  let read = 0;
  const counted = async function* () {
    for await (const chunk of source) {
      signal.throwIfAborted();
      read += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  };
  const { head, rest } = await peek(counted());
  const chunks = expand(head, rest, { name, read: () => read, openTool, signal });
  return { name, bytes, read: () => read, chunks };
}

async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new BkDbError('NOT_FOUND', `there is no file ${path}`, {
      hint: 'Check the path; - reads standard input.',
      cause,
    });
  });
  if (found.isDirectory()) throw new BkDbError('USAGE', `${path} is a folder`, { hint: 'Name a file.' });
  return found.size;
}

interface Expanding {
  readonly name: string;
  readonly read: () => number;
  readonly openTool: OpenTool;
  readonly signal: AbortSignal;
}

function expand(head: Buffer, chunks: AsyncIterable<Buffer>, expanding: Expanding): AsyncIterable<Buffer> {
  if (head.length < 6) return chunks;
  if (head[0] === 0x1f && head[1] === 0x8b) return bounded(through(chunks, createGunzip()), expanding);
  if (head.readUInt32LE(0) === 0xfd2fb528) {
    const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Duplex };
    const expanded =
      createZstdDecompress === undefined
        ? byProgram('zstd', chunks, expanding)
        : through(chunks, createZstdDecompress());
    return bounded(expanded, expanding);
  }
  if (head.subarray(0, 6).equals(XZ)) return bounded(byProgram('xz', chunks, expanding), expanding);
  return chunks;
}

const XZ = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);

/** A failure on either side ends the other, and is thrown to the reader. */
function through(chunks: AsyncIterable<Buffer>, decompressor: Duplex): AsyncIterable<Buffer> {
  pipeline(Readable.from(chunks), decompressor, () => undefined);
  return decompressor as AsyncIterable<Buffer>;
}

async function* byProgram(
  command: string,
  chunks: AsyncIterable<Buffer>,
  { name, openTool, signal }: Expanding,
): AsyncGenerator<Buffer> {
  try {
    yield* openTool({ command, args: ['-dc'] }, { input: chunks, signal }) as AsyncGenerator<Buffer>;
  } catch (cause) {
    if (!(cause instanceof BkDbError) || cause.code !== 'TOOL_MISSING') throw cause;
    throw new BkDbError('TOOL_MISSING', `${name} is compressed with ${command}, which is not installed`, {
      hint: `Install ${command}, or give the file uncompressed.`,
      cause,
    });
  }
}

async function* bounded(chunks: AsyncIterable<Buffer>, { name, read }: Expanding): AsyncGenerator<Buffer> {
  let written = 0;
  try {
    for await (const chunk of chunks) {
      written += chunk.length;
      if (written > BOMB_BYTES && written > read() * BOMB_RATIO) throw bomb(name);
      yield chunk;
    }
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw new BkDbError('DATA_REJECTED', `${name} is damaged: it cannot be decompressed`, {
      hint: 'Nothing was loaded. Fetch the file again.',
      cause,
    });
  }
}

function bomb(name: string): BkDbError {
  return new BkDbError('DATA_REJECTED', `${name} expands to more than ${BOMB_RATIO} times its size`, {
    hint: 'If that is meant, decompress it yourself: gzip -dc FILE | bk-db csv import - --table T',
  });
}

function isDamage(error: unknown): boolean {
  if (error instanceof BkDbError) return error.code === 'TOOL_FAILED';
  return error instanceof Error && 'code' in error && /^(Z_|ERR_|ZSTD_)/.test(String(error.code));
}
