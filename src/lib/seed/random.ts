import { hash } from 'node:crypto';

/** Draws of one row: the same for the same key, whatever else is drawn. */
export interface Random {
  /** 0 <= x < 1. */
  unit(): number;
  /** Evenly between both, ends included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
  /** One of the values, each with a likelihood in proportion to its weight. */
  weighted<T>(choices: readonly (readonly [value: T, weight: number])[]): T;
  /** Several different values, in the order they were drawn. */
  sample<T>(values: readonly T[], size: number): T[];
  /** From the normal distribution with mean 0 and deviation 1. */
  normal(): number;
  logNormal(median: number, sigma: number): number;
  /** A valid UUID of version 7 whose clock is the instant; one per generator. */
  uuid(at: Date): string;
}

/**
 * The generator of a row, keyed by SHA-256 of `bk-seed:1|seed|table|row`. No stream is shared between rows, so a row
 * is the same at every scale and in every order.
 */
export function rowRandom(seed: string, table: string, row: number | string): Random {
  const digest = Buffer.from(hash('sha256', `bk-seed:1|${seed}|${table}|${row}`, 'hex'), 'hex');
  const unit = sfc32(digest);
  const integer = (low: number, high: number) => low + Math.floor(unit() * (high - low + 1));
  const pick = <T>(values: readonly T[]): T => at(values, integer(0, values.length - 1));
  const normal = () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
  return {
    unit,
    integer,
    pick,
    normal,
    chance: (probability) => unit() < probability,
    weighted: (choices) => weighted(choices, unit()),
    sample: (values, size) => sample(values, size, unit),
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    uuid: (instant) => uuidV7(instant, digest),
  };
}

/** The element at an index that is known to exist. */
export function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no element ${index} among ${values.length}`);
  return value;
}

function weighted<T>(choices: readonly (readonly [T, number])[], draw: number): T {
  let rest = draw * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of choices) {
    rest -= weight;
    if (rest < 0) return value;
  }
  return at(choices, choices.length - 1)[0];
}

function sample<T>(values: readonly T[], size: number, unit: () => number): T[] {
  const rest = [...values];
  return Array.from({ length: Math.min(size, rest.length) }, () =>
    at(rest.splice(Math.floor(unit() * rest.length), 1), 0),
  );
}

/** Chris Doty-Humphrey's small fast counting generator, 128 bits of state taken from the digest. */
function sfc32(digest: Buffer): () => number {
  let a = digest.readUInt32BE(0);
  let b = digest.readUInt32BE(4);
  let c = digest.readUInt32BE(8);
  let counter = digest.readUInt32BE(12);
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** RFC 9562: 48 bits of milliseconds, version 7, variant 10, the rest from the second half of the digest. */
function uuidV7(instant: Date, digest: Buffer): string {
  const bytes = Buffer.alloc(16);
  digest.copy(bytes, 6, 16, 26);
  bytes.writeUIntBE(instant.getTime(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
