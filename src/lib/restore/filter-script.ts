import { randomBytes } from 'node:crypto';
import { ScriptSplitter, startsRows } from '../backup/index.js';

export interface FilterScriptOptions {
  /** False where the server does not know the setting, which pg_dump 17 and newer write. */
  readonly transactionTimeout: boolean;
}

/** What concerns a database as a whole: the script is for another one by now. */
const OF_DATABASE =
  /^(?:(?:CREATE|DROP|ALTER)\s+DATABASE|COMMENT\s+ON\s+DATABASE|(?:GRANT|REVOKE)\s[^;]*\sON\s+DATABASE)\s/i;
const TRANSACTION_TIMEOUT = /^SET\s+transaction_timeout\s*=/i;
/** Longer statements are not looked into. */
const LOOKED_INTO_BYTES = 4096;
const LINE_BREAK = Buffer.from('\n');
const END_OF_ROWS = Buffer.from('\\.\n');

/**
 * Passes pg_dump's script on to psql, whose restricted mode it begins: a script may hold any command of psql, such as one
 * that runs a program, and what looks quoted here could look otherwise to psql. Left out are the commands that pg_dump
 * writes for psql itself, and the statements about the database that the script was taken of.
 */
export async function* filterScript(
  script: AsyncIterable<Buffer>,
  { transactionTimeout }: FilterScriptOptions,
): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [Buffer.from(`\\restrict ${randomBytes(24).toString('hex')}\n`)];
  const isLeftOut = (text: string) =>
    OF_DATABASE.test(text) || (!transactionTimeout && TRANSACTION_TIMEOUT.test(text));
  const splitter = new ScriptSplitter({
    statement: (bytes) => {
      const text = bytes.subarray(0, LOOKED_INTO_BYTES).toString('latin1');
      if (!isLeftOut(text)) ready.push(Buffer.from(bytes), LINE_BREAK);
      return startsRows(bytes);
    },
    rows: (bytes) => ready.push(Buffer.from(bytes)),
    rowsEnd: () => ready.push(END_OF_ROWS),
  });
  for await (const piece of script) {
    splitter.write(piece);
    yield* ready;
    ready = [];
  }
  splitter.end();
  yield* ready;
}

/** The first minor version of each major whose psql can be kept from running what a script tells it to. */
const RESTRICTED_SINCE: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

/** True when this psql knows \restrict (August 2025). Pure. */
export function canRestrict(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major >= 18 || minor >= (RESTRICTED_SINCE[major] ?? Number.POSITIVE_INFINITY);
}
