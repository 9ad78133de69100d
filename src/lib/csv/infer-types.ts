import type { Field } from './record-fields.js';

/** Types a text may be of, the narrowest first; the last takes anything. */
const CANDIDATES = [
  { type: 'boolean', fits: (text: string) => /^(t|f|true|false)$/.test(text) },
  { type: 'integer', fits: (text: string) => isWhole(text) && between(text, -2147483648n, 2147483647n) },
  { type: 'bigint', fits: (text: string) => isWhole(text) && between(text, -(2n ** 63n), 2n ** 63n - 1n) },
  // No leading zeros, plus signs or exponents: a number would not keep them.
  { type: 'numeric', fits: (text: string) => /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && text.length <= 1000 },
  { type: 'uuid', fits: (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(text) },
  { type: 'date', fits: isDate },
  {
    type: 'timestamp with time zone',
    fits: (text: string) =>
      /^\d{4}-\d\d-\d\d[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)$/.test(text) &&
      isDate(text.slice(0, 10)),
  },
  {
    type: 'timestamp without time zone',
    fits: (text: string) =>
      /^\d{4}-\d\d-\d\d[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(text) &&
      isDate(text.slice(0, 10)),
  },
  { type: 'text', fits: () => true },
] as const;

/** The narrowest type of a column's values, seen one after the other. */
export class ColumnType {
  #candidates: readonly (typeof CANDIDATES)[number][] = CANDIDATES;
  #nulls = 0;
  #values = 0;

  see(value: Field): void {
    if (value === null) {
      this.#nulls++;
      return;
    }
    this.#values++;
    if (this.#candidates[0]?.fits(value) === true) return;
    this.#candidates = this.#candidates.filter(({ fits }) => fits(value));
  }

  /** A column without any value could be anything: it is text. */
  get type(): string {
    return this.#values === 0 ? 'text' : (this.#candidates[0]?.type ?? 'text');
  }

  get nullable(): boolean {
    return this.#nulls > 0 || this.#values === 0;
  }
}

function isWhole(text: string): boolean {
  return /^(0|-?[1-9]\d{0,18})$/.test(text);
}

function between(text: string, low: bigint, high: bigint): boolean {
  const value = BigInt(text);
  return value >= low && value <= high;
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null || match[1] === '0000') return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
