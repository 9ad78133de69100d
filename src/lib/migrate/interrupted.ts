import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { DEFAULT_WAIT_MS, type MigrateDeps } from './deps.js';
import { readJournal, type JournalRow } from './journal.js';
import type { UnitsRun } from './run-units.js';
import type { Unit } from './units.js';

const POLL_MS = 200;

/**
 * The journal, once the server has ended the statement of a client that was killed; it may still be at work.
 * @throws BkDbError LOCK_HELD, when it takes longer than the run may wait.
 */
export async function awaitInterrupted(
  deps: MigrateDeps,
  { database: { sql }, key, limits, label }: UnitsRun,
  units: readonly Unit[],
): Promise<readonly JournalRow[]> {
  const deadline = Date.now() + (limits.waitMs ?? DEFAULT_WAIT_MS);
  let told = false;
  for (;;) {
    const journal = await readJournal(sql, key);
    const pid = await findRunning(sql, journal, units);
    if (pid === undefined) return journal;
    if (Date.now() >= deadline) throw stillRunning(label, pid);
    if (!told)
      deps.onNotice?.(`waiting for the server to end what an interrupted run of ${label} began (pid ${pid})`);
    told = true;
    await sleep(POLL_MS, undefined, { signal: deps.signal });
  }
}

function stillRunning(label: string, pid: number): BkDbError {
  return new BkDbError(
    'LOCK_HELD',
    `the server still runs a statement of ${label} that an interrupted run began (pid ${pid})`,
    {
      hint: 'Wait for it to end, or end it with pg_terminate_backend.',
      details: { pid },
    },
  );
}

/** The process that the journal names; behind a pooler it names none, and what is running tells. */
async function findRunning(
  sql: Sql,
  journal: readonly JournalRow[],
  units: readonly Unit[],
): Promise<number | undefined> {
  const begun = journal.find(({ finished }) => !finished);
  if (begun === undefined) return undefined;
  if (begun.pidKnown) return begun.runningPid ?? undefined;
  const statement = units.find(({ ordinal }) => ordinal === begun.ordinal)?.statements[0];
  if (statement === undefined) return undefined;
  const [row] = await sql<{ pid: number }[]>`
    select pid from pg_catalog.pg_stat_activity
     where datname = pg_catalog.current_database() and state = 'active' and pid <> pg_catalog.pg_backend_pid()
       -- The server shows the beginning of a long text.
       and pg_catalog.starts_with(${statement.text}, query)
       and pg_catalog.length(query) >= least(pg_catalog.length(${statement.text}), 200)`;
  return row?.pid;
}
