import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../core/database.js';

/** A session, so that a later one with the same pid is not meant. */
export interface SessionIdentity {
  readonly pid: number;
  readonly backendStart: Date;
}

/**
 * What became of it: the query or session ended (`done`), the session was `gone` before, it ran no query to cancel
 * (`idle`), or it was signalled and goes on (`pending`).
 */
export type EndOutcome = 'done' | 'gone' | 'idle' | 'pending';

const PATIENCE_MS = 3_000;
const POLL_MS = 100;

interface Seen {
  readonly isRunning: boolean;
  /** Tells a query from the next one of the session. */
  readonly queryStart: string | null;
}

/**
 * Cancels a session's query, or ends the session, if it is still that session, and looks for a moment whether it worked.
 * Tells of each statement before it is run.
 * @throws BkDbError PERMISSION.
 */
export async function endSession(
  sql: Sql,
  session: SessionIdentity,
  how: 'cancel' | 'terminate',
  onStatement: () => void = () => undefined,
): Promise<EndOutcome> {
  onStatement();
  const before = await find(sql, session);
  if (before === undefined) return 'gone';
  if (how === 'cancel' && !before.isRunning) return 'idle';
  onStatement();
  if (!(await signal(sql, session, how))) return 'gone';
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    await sleep(POLL_MS);
    onStatement();
    const now = await find(sql, session);
    const isOver = how === 'cancel' && (now?.isRunning === false || now?.queryStart !== before.queryStart);
    if (now === undefined || isOver) return 'done';
  }
  return 'pending';
}

async function find(sql: Sql, { pid, backendStart }: SessionIdentity): Promise<Seen | undefined> {
  const [row] = await sql<Seen[]>`
    select coalesce(a.state in ('active', 'fastpath function call'), false) as "isRunning",
           a.query_start::text as "queryStart"
      from pg_catalog.pg_stat_activity a
     where a.pid = ${pid} and date_trunc('milliseconds', a.backend_start) = ${backendStart}`;
  return row;
}

/** The identity is looked at in the statement that sends the signal. */
async function signal(
  sql: Sql,
  { pid, backendStart }: SessionIdentity,
  how: 'cancel' | 'terminate',
): Promise<boolean> {
  const send =
    how === 'cancel' ? sql`pg_catalog.pg_cancel_backend(a.pid)` : sql`pg_catalog.pg_terminate_backend(a.pid)`;
  const [row] = await sql<{ sent: boolean }[]>`
    select ${send} as sent
      from pg_catalog.pg_stat_activity a
     where a.pid = ${pid} and date_trunc('milliseconds', a.backend_start) = ${backendStart}`;
  return row?.sent ?? false;
}
