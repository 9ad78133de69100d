/** The beginning of a stream, and all of it. */
export interface Peeked {
  readonly head: Buffer;
  /** Everything, with the head; whoever reads it ends the stream. */
  readonly rest: AsyncGenerator<Buffer>;
  /** Ends the stream when the rest is not wanted: a generator that was never started ends nothing. */
  readonly close: () => Promise<void>;
}

const HEAD_BYTES = 64 << 10;

/** Reads the first bytes of a stream (64 KiB, where it has them) and gives them back with the rest. */
export async function peek(chunks: AsyncIterable<Buffer>): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    size += next.value.length;
  }
  const head = Buffer.concat(first, size);
  const rest = async function* () {
    try {
      if (head.length > 0) yield head;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  };
  const close = async () => {
    await iterator.return?.();
  };
  return { head, rest: rest(), close };
}
