import { setImmediate } from 'node:timers/promises';
import { copyIn } from '../core/copy-in.js';
import type { Sql } from '../core/database.js';
import { isServerError } from '../core/to-error.js';
import { offsetOfCharacter } from './place.js';
import type { Script } from './script.js';
import { migrationFailure } from './sql-error.js';
import type { Statement } from './statements.js';

/** A transaction to run: what opens it, the script, what closes it (the ledger's row, before the commit). */
export interface ScriptRun {
  readonly script: Script;
  readonly label: string;
  /** SET LOCAL statements, each with its semicolon. */
  readonly settings: string;
  /** The ledger's statement. */
  readonly record: string;
  /** Where several share one transaction: which one opens it, which one closes it. Default: this one does both. */
  readonly part?: { readonly first: boolean; readonly last: boolean };
  /** What a failure leaves of the script, in words. */
  readonly outcome: string;
  readonly signal: AbortSignal;
}

/**
 * Runs a script and its ledger row in one transaction and, but for COPY data, in one message: whatever dies on the
 * way, both are there or neither. Markers between the statements tell which one failed.
 * @throws BkDbError MIGRATION_FAILED; the transaction is rolled back.
 */
export async function runInTransaction(sql: Sql, run: ScriptRun): Promise<void> {
  const progress: Progress = { statement: 0, seen: false };
  const { first, last } = run.part ?? { first: true, last: true };
  let message = new Message(`${first ? 'reset all; begin' : `${CONTINUE}; reset all`}; ${run.settings}\n`);
  try {
    for (const [index, statement] of run.script.statements.entries()) {
      if (statement.copyData === undefined) {
        message.add(index, statement);
        continue;
      }
      await send(sql, { message, run, progress });
      [message, progress.statement] = [new Message(CONTINUE), index];
      message.addUnmarked(index, statement);
      await copyIn(sql, message.text, chunksOf(statement.copyData, run.signal));
      message = new Message(CONTINUE);
    }
    message.text += `;\nreset role; ${run.record}${last ? '; commit' : ''}`;
    await send(sql, { message, run, progress });
  } catch (error) {
    if (!first || !refusedAsWhole(error, progress)) await rollBack(sql);
    run.signal.throwIfAborted();
    throw migrationFailure(error, {
      script: run.script,
      label: run.label,
      offset: failureOffset(error, run.script, message, progress.statement),
      outcome: run.outcome,
    });
  }
}

/** Twice round: after a failed COPY postgres.js sends a stray end of data behind the first, which would look like work. */
async function rollBack(sql: Sql): Promise<void> {
  try {
    await sql.unsafe('rollback').simple();
    await setImmediate();
    await sql.unsafe('reset all').simple();
  } catch {
    // The connection is gone, and the transaction with it.
  }
}

/** How far the server says it has come. */
interface Progress {
  statement: number;
  seen: boolean;
}

/** The server parses a message before it runs any of it; then no transaction began, and ROLLBACK would earn a warning. */
function refusedAsWhole(error: unknown, { seen }: Progress): boolean {
  return !seen && isServerError(error) && error.code === '42601';
}

interface Sending {
  readonly message: Message;
  readonly run: ScriptRun;
  readonly progress: Progress;
}

async function send(sql: Sql, { message, run, progress }: Sending): Promise<void> {
  const query = sql.unsafe(message.text).simple();
  const cancel = () => query.cancel();
  run.signal.addEventListener('abort', cancel, { once: true });
  try {
    await query.forEach((row) => watchRow(row, progress));
  } finally {
    run.signal.removeEventListener('abort', cancel);
  }
}

/** Outside a transaction SAVEPOINT fails, so that a reconnected session cannot go on without one. */
const CONTINUE = 'savepoint bk_db_continued; release savepoint bk_db_continued';

const CHUNK_BYTES = 65_536;

function* chunksOf(data: string, signal: AbortSignal): Generator<Uint8Array> {
  const bytes = Buffer.from(data);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    signal.throwIfAborted();
    yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}

function watchRow(row: Record<string, unknown>, progress: Progress): void {
  if (typeof row['bk_db_statement'] !== 'number') return;
  progress.seen = true;
  progress.statement = row['bk_db_statement'];
}

/** Settings must come before a transaction's first query, so no marker precedes them. */
const SETTING = /^(set|lock)$/;

/** The text of one message, remembering where in it each statement stands. */
class Message {
  text: string;
  readonly #starts: { readonly index: number; readonly at: number; readonly length: number }[] = [];
  #marking = false;

  constructor(prefix: string) {
    this.text = prefix;
  }

  /** Appends a statement, after a query that makes the server say that it has come to it. */
  add(index: number, statement: Statement): void {
    this.#marking ||= !SETTING.test(statement.words[0] ?? '');
    if (this.#marking) this.text += `;\nselect ${index} as bk_db_statement`;
    this.addUnmarked(index, statement);
  }

  addUnmarked(index: number, { text }: Statement): void {
    this.text += ';\n';
    this.#starts.push({ index, at: this.text.length, length: text.length });
    this.text += text;
  }

  /** The statement at an offset of the message, and the offset within that statement. */
  find(offset: number): { readonly index: number; readonly within: number } | undefined {
    const found = this.#starts.find(({ at, length }) => offset >= at && offset <= at + length);
    return found === undefined ? undefined : { index: found.index, within: offset - found.at };
  }
}

function failureOffset(error: unknown, script: Script, message: Message, index: number): number {
  const statement = script.statements[index];
  if (!isServerError(error)) return statement?.start ?? 0;
  const dataLine = /^COPY .*?, line (\d+)/.exec(error.where ?? '')?.[1];
  if (statement?.copyData !== undefined && dataLine !== undefined) {
    return startOfLine(script.text, statement.end, Number(dataLine));
  }
  const found =
    error.position === undefined
      ? undefined
      : message.find(offsetOfCharacter(message.text, Number(error.position)));
  if (found === undefined) return statement?.start ?? 0;
  return (script.statements[found.index]?.start ?? 0) + found.within;
}

/** Where the n-th line after an offset begins. */
function startOfLine(text: string, from: number, count: number): number {
  let at = from;
  for (let line = 0; line < count; line++) at = text.indexOf('\n', at) + 1;
  return at;
}
