/** PostgreSQL cuts longer names in silence. */
const LONGEST_NAME_BYTES = 63;

/** What a database beside another is for: being filled, or keeping what was replaced. */
export type BesideKind = 'restore' | 'old';

/** A name for a database beside another, such as `shop__old_20261122031500123`. */
export function besideName(database: string, kind: BesideKind, now: Date): string {
  return besideNameAt(database, kind, now.toISOString().replace(/\D/g, ''));
}

function besideNameAt(database: string, kind: BesideKind, stamp: string): string {
  const tail = `__${kind}_${stamp}`;
  return `${cut(database, LONGEST_NAME_BYTES - tail.length)}${tail}`;
}

/** True for a name that {@link besideName} gives, whatever the time. */
export function isBesideName(name: string, database: string, kind: BesideKind): boolean {
  const stamp = /\d{17}$/.exec(name)?.[0];
  return stamp !== undefined && name === besideNameAt(database, kind, stamp);
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
