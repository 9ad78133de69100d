import { withDatabase, type Sql } from '../core/database.js';
import { DEFAULT_LOCK_TIMEOUT_MS, type LedgerDeps } from './deps.js';

/** A session that holds what a migration waits for; null where the role may not see it. */
export interface Blocker {
  readonly pid: number;
  readonly applicationName: string | null;
  readonly user: string | null;
  readonly state: string | null;
  /** How long its transaction is open, in ms. */
  readonly transactionMs: number | null;
}

/** The sessions that a server process waits for, the oldest transaction first. */
async function findBlockers(sql: Sql, pid: number): Promise<readonly Blocker[]> {
  return sql<Blocker[]>`
    select b.pid,
           a.application_name as "applicationName",
           a.usename as "user",
           a.state,
           round(extract(epoch from pg_catalog.clock_timestamp() - a.xact_start) * 1000)::float8 as "transactionMs"
      from (select distinct pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid})) as pid) b
      left join pg_catalog.pg_stat_activity a on a.pid = b.pid
     order by a.xact_start`;
}

/** A blocker in words: `psql (pid 4711, role app, idle in transaction for 12 s)`. */
export function describeBlocker({ pid, applicationName, user, state, transactionMs }: Blocker): string {
  const name = applicationName === null || applicationName === '' ? 'a session' : applicationName;
  const age = transactionMs === null ? '' : ` for ${Math.round(transactionMs / 1000)} s`;
  return `${name} (pid ${pid}, role ${user ?? 'unknown'}, ${state ?? 'state unknown'}${age})`;
}

export interface BlockerWatch {
  /** The sessions seen last in the way. */
  readonly seen: () => readonly Blocker[];
  /** Ends the watch and its connection. */
  readonly stop: () => Promise<void>;
}

export interface WatchOptions {
  /** The server process that may have to wait; where it is not known there is nothing to see. */
  readonly pid: number | undefined;
  readonly lockTimeoutMs?: number | undefined;
  /** Told once for each session that is found in the way. */
  readonly onBlocker: (blocker: Blocker) => void;
}

/**
 * Looks, on a connection that is opened only when the work takes longer than half a lock timeout, for sessions that
 * stand in its way: once the timeout struck there is nothing left to see. A failure to look is no failure of the work.
 */
export function watchBlockers(
  deps: LedgerDeps,
  { pid, lockTimeoutMs, onBlocker }: WatchOptions,
): BlockerWatch {
  const pauseMs = Math.min(Math.max((lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS) / 2, 20), 500);
  const ended = new AbortController();
  const told = new Set<number>();
  let seen: readonly Blocker[] = [];
  const look = async (sql: Sql, waiting: number): Promise<void> => {
    while (!ended.signal.aborted) {
      const blockers = await findBlockers(sql, waiting);
      if (blockers.length > 0) seen = blockers;
      for (const blocker of blockers) {
        if (!told.has(blocker.pid)) onBlocker(blocker);
        told.add(blocker.pid);
      }
      await pause(pauseMs, ended.signal);
    }
  };
  if (pid === undefined) return { seen: () => seen, stop: () => Promise.resolve() };
  const watching = pause(pauseMs, ended.signal)
    .then(async () => {
      if (!ended.signal.aborted)
        await withDatabase(deps.target, { pool: { prepare: false } }, ({ sql }) => look(sql, pid));
    })
    .catch(() => undefined);
  return {
    seen: () => seen,
    stop: async () => {
      ended.abort();
      await watching;
    },
  };
}

/** Ends early, without an error, when the signal is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
