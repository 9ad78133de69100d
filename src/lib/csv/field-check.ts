/** Says of a text whether a type surely takes it. */
export type FieldCheck = (text: string) => boolean;

const INTEGER = /^\s*[+-]?\d{1,19}\s*$/;
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*$/;
const BOOLEAN = /^\s*(?:t|true|y|yes|on|1|f|false|n|no|off|0)\s*$/i;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)[ T]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?$/;

const CHECKS: Readonly<Record<string, FieldCheck>> = {
  smallint: integerBetween(-32_768n, 32_767n),
  integer: integerBetween(-2_147_483_648n, 2_147_483_647n),
  bigint: integerBetween(-(2n ** 63n), 2n ** 63n - 1n),
  numeric: (text) => NUMBER.test(text),
  'double precision': (text) => isFloat(text, 1e-300, 1e300),
  real: (text) => isFloat(text, 1e-37, 1e38),
  boolean: (text) => BOOLEAN.test(text),
  uuid: (text) => UUID.test(text),
  date: isDate,
  'timestamp without time zone': isTimestamp,
  'timestamp with time zone': isTimestamp,
  json: isJson,
  jsonb: (text) => isJson(text) && !text.includes('\\u0000'),
};

/**
 * The check for a type as `format_type` writes it, with its length; undefined where only the server knows. A text that
 * fails may still be good: the server has more ways to write a date than these. What passes may still be refused.
 */
export function fieldCheck(type: string): FieldCheck | undefined {
  const [, base = type, length] = /^(.+?)\((\d+)(?:,\d+)?\)(?: .*)?$/.exec(type) ?? [];
  const name = type.startsWith('timestamp') ? type.replace(/\(\d\)/, '') : base;
  if (name === 'character varying' || name === 'character') {
    const longest = Number(length);
    return length === undefined ? undefined : (text) => text.length <= longest;
  }
  return CHECKS[name];
}

function integerBetween(least: bigint, most: bigint): FieldCheck {
  return (text) => {
    if (!INTEGER.test(text)) return false;
    const value = Number(text);
    // Most are far from any limit, and a bigint costs more than all the rest.
    if (value > -32_768 && value < 32_767) return true;
    const exact = BigInt(text.trim().replace(/^\+/, ''));
    return exact >= least && exact <= most;
  };
}

/** Beyond its range a floating-point type refuses a number, on either end. */
function isFloat(text: string, least: number, most: number): boolean {
  if (!NUMBER.test(text)) return false;
  const size = Math.abs(Number(text));
  return size === 0 ? /^[^1-9]*(?:e|$)/i.test(text) : size > least && size < most;
}

function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return false;
  const [m, d] = [Number(month), Number(day)];
  return m >= 1 && m <= 12 && d >= 1 && (d <= 28 || d <= daysIn(Number(year), m)) && Number(year) > 0;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function isTimestamp(text: string): boolean {
  const date = TIMESTAMP.exec(text)?.[1];
  return date !== undefined && isDate(date);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
