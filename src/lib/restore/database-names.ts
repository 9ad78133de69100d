/** PostgreSQL cuts longer names in silence. */
const LONGEST_NAME_BYTES = 63;

/** What a database beside another is for: being filled, or keeping what was replaced. */
export type BesideKind = 'restore' | 'old';

/** A name for a database beside another, such as `shop__old_20261122031500123`. */
export function besideName(database: string, kind: BesideKind, now: Date): string {
  const tail = `__${kind}_${now.toISOString().replace(/\D/g, '')}`;
  return `${cut(database, LONGEST_NAME_BYTES - tail.length)}${tail}`;
}

/** The longest beginning that has at most so many bytes and no half character. */
function cut(text: string, bytes: number): string {
  let result = '';
  for (const char of text) {
    if (Buffer.byteLength(result + char) > bytes) break;
    result += char;
  }
  return result;
}
