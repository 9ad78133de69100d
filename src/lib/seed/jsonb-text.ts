type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The text that PostgreSQL gives a jsonb value: keys by length, then bytes; a space after colons and commas.
 * Hashes of contents are taken over it. For numbers that JavaScript prints without an exponent.
 */
export function jsonbText(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(jsonbText).join(', ')}]`;
  const members = Object.entries(value).sort(([a], [b]) => byLengthThenBytes(a, b));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}: ${jsonbText(member)}`).join(', ')}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

function byLengthThenBytes(a: string, b: string): number {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length - right.length || left.compare(right);
}
