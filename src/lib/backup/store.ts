import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** The places of one database's backups in a store. */
export interface StorePlaces {
  /** Holds every backup of the database. */
  readonly directory: string;
  readonly lockFile: string;
}

export const MANIFEST_FILE = 'manifest.json';
export const CHECKSUM_FILE = 'SHA256SUMS';
/** Says what a verification found; belongs to no backup. */
export const DAMAGE_FILE = 'DAMAGED';
/** Says when the backup was restored and compared; belongs to no backup. */
export const REHEARSAL_FILE = 'RESTORED';
const PARTIAL = /^\..*\.partial$/;
const LONGEST_NAME = 200;

/** Where a database's backups lie in a store. */
export function placesOf(storeDirectory: string, database: string): StorePlaces {
  const directory = join(storeDirectory, directoryNameOf(database));
  return { directory, lockFile: join(directory, '.lock') };
}

/** The name of a backup's directory while it is being written. */
export function partialNameOf(id: string): string {
  return `.${id}.partial`;
}

/** The name of the file, beside a backup, in which an interrupted push remembers what it has sent. */
export function pushNotesNameOf(id: string): string {
  return `.${id}.push.json`;
}

/** True for the name of a directory that a backup is, or was, being written to. */
export function isPartialName(name: string): boolean {
  return PARTIAL.test(name);
}

/**
 * A database's name as a directory name: letters, digits, `_`, `-` and inner dots stay, every other byte becomes
 * `%XX`, so that no name can leave the store, hide in it or meet another. Longer than 200 characters, which
 * PostgreSQL as built by default cannot give, it is cut and ends with the name's hash.
 */
export function directoryNameOf(database: string): string {
  const encoded = Array.from(Buffer.from(database, 'utf8'), (byte, index) => encodeByte(byte, index)).join(
    '',
  );
  if (encoded.length <= LONGEST_NAME) return encoded;
  const hash = createHash('sha256').update(database).digest('hex');
  return `${encoded.slice(0, LONGEST_NAME - 34)}%~${hash.slice(0, 32)}`;
}

function encodeByte(byte: number, index: number): string {
  const char = String.fromCharCode(byte);
  const safe = index === 0 ? /[A-Za-z0-9_]/ : /[A-Za-z0-9_.-]/;
  return safe.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
