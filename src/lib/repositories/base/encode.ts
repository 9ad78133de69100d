import { arrayText } from '../../core/text-format.js';
import { RepositoryError } from './repository-error.js';
import { Fragment } from './sql.js';

/** How values of a type are written as PostgreSQL's text form. */
export type Encoding = 'text' | 'number' | 'boolean' | 'timestamp' | 'json' | 'bytes';

/** A type of PostgreSQL as far as writing values needs it. */
export interface ValueType {
  /** Such as `uuid`, `timestamptz`, `verification.request_status`, `text[]`. */
  readonly pgType: string;
  readonly encoding: Encoding;
  /** True when the value is a list of such values; `pgType` then ends in `[]`. */
  readonly isArray?: boolean;
}

/**
 * The text form of a value, as the server's input functions read it; null stays null.
 * The driver's own serializers are passed by: they cut timestamps to milliseconds and do not know enum arrays.
 */
export function encode(type: ValueType, value: unknown): string | null {
  if (value === null) return null;
  if (type.isArray !== true) return encodeScalar(type, value);
  if (!Array.isArray(value)) throw badValue(type, value);
  return encodeArray(type, value);
}

/** `{"a","b",null}`: the text form of an array of such values. */
export function encodeArray(type: ValueType, values: readonly unknown[]): string {
  return arrayText(values.map((value) => (value === null ? null : encodeScalar(type, value))));
}

/** Binds a value as its text form and lets the server read it as that type. */
export function bind(type: ValueType, value: unknown): Fragment {
  return new Fragment(['', castTo(type.pgType)], [encode(type, value)]);
}

/** Binds a list as one array parameter: `= any(${bindList(type, values)})`. */
export function bindList(type: ValueType, values: readonly unknown[]): Fragment {
  return new Fragment(['', castTo(`${type.pgType}[]`)], [encodeArray(type, values)]);
}

/** Through text, so that the driver takes the value as it stands whatever it knows of the type. */
function castTo(pgType: string): string {
  return `::text::${pgType}`;
}

function encodeScalar(type: ValueType, value: unknown): string {
  switch (type.encoding) {
    case 'text':
      if (typeof value === 'string') return value;
      if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
      break;
    case 'number':
      if (typeof value === 'number') return String(value);
      break;
    case 'boolean':
      if (typeof value === 'boolean') return String(value);
      break;
    case 'timestamp':
      if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
      if (typeof value === 'string') return value;
      break;
    case 'bytes':
      if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
      break;
    case 'json':
      return encodeJson(type, value);
  }
  throw badValue(type, value);
}

function encodeJson(type: ValueType, value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw badValue(type, value);
  return text;
}

/** Names the type of the value, never the value: it may be secret. */
function badValue(type: ValueType, value: unknown): RepositoryError {
  const given = value === undefined ? 'undefined' : Array.isArray(value) ? 'an array' : typeof value;
  return new RepositoryError('BadValue', `${given} cannot be written as ${type.pgType}`);
}
