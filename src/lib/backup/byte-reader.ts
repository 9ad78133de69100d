/** Reads the primitive values of pg_dump's archive format, one after the other. */
export class ByteReader {
  readonly #bytes: Buffer;
  #position: number;
  #intSize = 4;
  #offsetSize = 8;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#position = 0;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  /** Widths of integers and file offsets, which the archive's header states. */
  setSizes(intSize: number, offsetSize: number): void {
    this.#intSize = intSize;
    this.#offsetSize = offsetSize;
  }

  bytes(length: number): Buffer {
    const end = this.#position + length;
    if (length < 0 || end > this.#bytes.length) throw new RangeError('it ends too early');
    const slice = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return slice;
  }

  byte(): number {
    return this.bytes(1)[0] ?? 0;
  }

  /** A sign byte, then the absolute value, least significant byte first. */
  int(): number {
    const negative = this.byte() !== 0;
    const value = littleEndian(this.bytes(this.#intSize));
    return negative ? -value : value;
  }

  /** A length, then so many bytes; length -1 is NULL. */
  string(): Buffer | null {
    const length = this.int();
    return length === -1 ? null : this.bytes(length);
  }

  /** A flag, then a file offset; null when the flag says that none was written. */
  offset(): number | null {
    const isSet = this.byte() === 2;
    const value = littleEndian(this.bytes(this.#offsetSize));
    return isSet ? value : null;
  }
}

function littleEndian(bytes: Buffer): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
