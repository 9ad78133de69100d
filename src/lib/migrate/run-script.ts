import { pipeline } from 'node:stream/promises';
import type { Sql } from '../core/database.js';
import { isServerError } from '../core/to-error.js';
import { offsetOfCharacter } from './place.js';
import type { Script } from './script.js';
import { migrationFailure, offsetInScript } from './sql-error.js';
import type { Statement } from './statements.js';

/** A transaction to run: what opens it, the script, what closes it (the ledger's row, before the commit). */
export interface ScriptRun {
  readonly script: Script;
  readonly label: string;
  /** SET LOCAL statements, each with its semicolon. */
  readonly settings: string;
  /** The ledger's statement. */
  readonly record: string;
  readonly signal: AbortSignal;
  /** Told the server process that runs the script, as soon as it is known. */
  readonly onProcess?: (pid: number) => void;
}

/**
 * Runs a script and its ledger row in one transaction and, but for COPY data, in one message: whatever dies on the
 * way, both are there or neither. Markers between the statements tell which one failed.
 * @throws BkDbError MIGRATION_FAILED; the transaction is rolled back.
 */
export async function runInTransaction(sql: Sql, run: ScriptRun): Promise<void> {
  const progress = { statement: 0 };
  let message = new Message(
    `reset all; begin; ${run.settings} select pg_catalog.pg_backend_pid() as bk_db_pid;\n`,
  );
  try {
    for (const [index, statement] of run.script.statements.entries()) {
      message.mark(index);
      message.statement(index, statement);
      if (statement.copyData === undefined) continue;
      await copy(sql, { message, data: statement.copyData, run, progress });
      // Outside a transaction SAVEPOINT fails, so that a reconnected session cannot go on without one.
      message = new Message('savepoint bk_db_continued;\n');
    }
    message.mark(run.script.statements.length);
    message.raw(`;reset role; ${run.record}; commit`);
    await send(sql, { message, run, progress });
  } catch (error) {
    await sql
      .unsafe('rollback')
      .simple()
      .catch(() => undefined);
    run.signal.throwIfAborted();
    throw migrationFailure(error, {
      script: run.script,
      label: run.label,
      offset: failureOffset(error, run.script, message, progress.statement),
      outcome: 'rolled back, nothing of it was kept',
    });
  }
}

interface Sending {
  readonly message: Message;
  readonly run: ScriptRun;
  readonly progress: { statement: number };
}

async function send(sql: Sql, { message, run, progress }: Sending): Promise<void> {
  const query = sql.unsafe(message.text).simple();
  const cancel = () => query.cancel();
  run.signal.addEventListener('abort', cancel, { once: true });
  try {
    await query.forEach((row) => watchRow(row, run, progress));
  } finally {
    run.signal.removeEventListener('abort', cancel);
  }
}

async function copy(sql: Sql, { message, data, run, progress }: Sending & { data: string }): Promise<void> {
  const query = sql.unsafe(message.text).simple();
  void query.forEach((row) => watchRow(row, run, progress)).catch(() => undefined);
  const sink = await query.writable();
  await pipeline([Buffer.from(data)], sink, { signal: run.signal });
}

function watchRow(row: Record<string, unknown>, run: ScriptRun, progress: { statement: number }): void {
  if (typeof row['bk_db_statement'] === 'number') progress.statement = row['bk_db_statement'];
  else if (typeof row['bk_db_pid'] === 'number') run.onProcess?.(row['bk_db_pid']);
}

/** Settings must come before a transaction's first query, so no marker follows them. */
const KEEPS_SNAPSHOT_OUT = /^(set|lock)\b/;

/** The text of one message, remembering where in it each statement stands. */
class Message {
  text: string;
  readonly #starts: { readonly index: number; readonly at: number; readonly length: number }[] = [];
  #marking = false;

  constructor(prefix: string) {
    this.text = prefix;
  }

  raw(text: string): void {
    this.text += text;
  }

  /** Makes the server say that it has come to this statement. */
  mark(index: number): void {
    if (this.#marking) this.text += `;\nselect ${index} as bk_db_statement;\n`;
  }

  statement(index: number, { text, words }: Statement): void {
    this.#marking ||= !KEEPS_SNAPSHOT_OUT.test(words[0] ?? '');
    this.#starts.push({ index, at: this.text.length, length: text.length });
    this.text += text;
  }

  /** The statement at an offset of the message, and the offset within that statement. */
  find(offset: number): { readonly index: number; readonly within: number } | undefined {
    const found = this.#starts.find(({ at, length }) => offset >= at && offset <= at + length);
    return found === undefined ? undefined : { index: found.index, within: offset - found.at };
  }
}

function failureOffset(error: unknown, script: Script, message: Message, statement: number): number {
  const position = isServerError(error) ? error.position : undefined;
  const found =
    position === undefined ? undefined : message.find(offsetOfCharacter(message.text, Number(position)));
  if (found === undefined) return offsetInScript(script, statement, undefined);
  return (script.statements[found.index]?.start ?? 0) + found.within;
}
