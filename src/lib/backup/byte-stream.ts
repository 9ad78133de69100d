const EMPTY = Buffer.alloc(0);

/** Pulls exact numbers of bytes out of a stream of pieces. */
export class ByteStream {
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer = EMPTY;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** What is left of the current piece, at most so many bytes; empty at the end of the stream. */
  async some(most: number): Promise<Buffer> {
    if (this.#piece.length === 0) await this.#advance();
    const taken = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(taken.length);
    return taken;
  }

  /** Exactly so many bytes; undefined at the end of the stream. */
  async exactly(length: number): Promise<Buffer | undefined> {
    const first = await this.some(length);
    if (first.length === length) return first;
    if (first.length === 0) return undefined;
    const parts = [first];
    for (let missing = length - first.length; missing > 0;) {
      const part = await this.some(missing);
      if (part.length === 0) throw new Error('it is cut short');
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Everything up to the end of the current piece and one more; false at the end of the stream. */
  async more(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done === true) return false;
    this.#piece = this.#piece.length === 0 ? next.value : Buffer.concat([this.#piece, next.value]);
    return true;
  }

  /** What was read from the stream and not taken yet. */
  get waiting(): Buffer {
    return this.#piece;
  }

  skip(length: number): void {
    this.#piece = this.#piece.subarray(length);
  }

  /** Reads on to the end without looking. */
  async drain(): Promise<void> {
    while ((await this.some(Number.MAX_SAFE_INTEGER)).length > 0);
  }

  /** Lets go of the stream, wherever it stands. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #advance(): Promise<void> {
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done === true) return;
      this.#piece = next.value;
      if (next.value.length > 0) return;
    }
  }
}
