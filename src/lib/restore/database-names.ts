/** PostgreSQL cuts longer names in silence. */
const LONGEST_NAME_BYTES = 63;

/** What a database beside another is for. */
export type BesideKind = 'restore' | 'old' | 'rehearsal';

/** The beginning of the names of databases beside this one: its own name, cut where PostgreSQL would. */
export function besidePrefix(database: string, kind: BesideKind): string {
  const tail = `__${kind}_`;
  const room = LONGEST_NAME_BYTES - tail.length - 'yyyymmddhhmmss'.length;
  return `${cut(database, room)}${tail}`;
}

/** A name for a database beside another, such as `shop__old_20261122031500`. */
export function besideName(database: string, kind: BesideKind, now: Date): string {
  return `${besidePrefix(database, kind)}${now.toISOString().replace(/\D/g, '').slice(0, 14)}`;
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
