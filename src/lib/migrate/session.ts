import { describeHolder, withAdvisoryLock } from '../core/advisory-lock.js';
import { describeTarget, type ConnectionTarget } from '../core/connection.js';
import { withDatabase, type Database } from '../core/database.js';
import { DEFAULT_LOCK_TIMEOUT_MS, DEFAULT_WAIT_MS, type LedgerDeps, type RunLimits } from './deps.js';

/** The advisory lock's number, the letters `bkdbmigr`: one migration run at a time in a database. */
const LOCK_KEY = 0x626b_6462_6d69_6772n;

/** Opens the one connection that migrations run on. */
export async function withMigrationSession<T>(
  deps: LedgerDeps,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const onNotice = ({ severity, message }: { severity: string; message: string }) =>
    deps.onNotice?.(`${severity.toLowerCase()}: ${message}`);
  // Unprepared, so that poolers in transaction mode are no obstacle.
  return withDatabase(named(deps.target), { onNotice, pool: { prepare: false } }, work);
}

function named(target: ConnectionTarget): ConnectionTarget {
  return { ...target, applicationName: `${target.applicationName} migrate` };
}

/**
 * Runs the work while no other migration run can, in this database; waits for one that is under way.
 * @throws BkDbError LOCK_HELD.
 */
export async function withMigrationLock<T>(
  deps: LedgerDeps,
  { waitMs = DEFAULT_WAIT_MS }: RunLimits,
  work: () => Promise<T>,
): Promise<T> {
  const object = `the migration ledger of ${describeTarget(deps.target)}`;
  return withAdvisoryLock(
    named(deps.target),
    {
      key: LOCK_KEY,
      object,
      waitMs,
      signal: deps.signal,
      onWait: (holder) => deps.onNotice?.(`waiting for another migration run: ${describeHolder(holder)}`),
    },
    work,
  );
}

const connectionChecks = new WeakMap<Database, Promise<boolean>>();

/**
 * True where the server can notice within a second that its client was killed: from version 14 on, but not on every
 * platform, and only trying tells.
 */
async function checksConnection(database: Database): Promise<boolean> {
  let known = connectionChecks.get(database);
  if (known === undefined) {
    known =
      database.serverVersion < 140_000
        ? Promise.resolve(false)
        : database.sql`select set_config('client_connection_check_interval', '1000', true)`.then(
            () => true,
            () => false,
          );
    connectionChecks.set(database, known);
  }
  return known;
}

const pids = new WeakMap<Database, Promise<number | undefined>>();

/**
 * The server process of a client with one connection, asked once; undefined behind a pooler that shares processes, where
 * each message may meet another. A pooler names a process of its own invention when a client connects.
 */
export async function backendPid(database: Database): Promise<number | undefined> {
  let pid = pids.get(database);
  if (pid === undefined) {
    const asked = database.sql<{ pid: number }[]>`select pg_catalog.pg_backend_pid() as pid`;
    pid = asked.then((rows) => (rows[0]?.pid === rows.state.pid ? rows[0].pid : undefined));
    pids.set(database, pid);
  }
  return pid;
}

export interface SettingsOptions {
  /** SET LOCAL, for a transaction, or SET, for what runs outside one. */
  readonly scope: 'transaction' | 'session';
  /** False lets a commit be made durable by a later one. */
  readonly durable: boolean;
}

/**
 * The statements that put the limits in force, each with its semicolon. What runs outside a transaction waits for
 * others by design, so that lock_timeout holds for it only when it was asked for. Behind a pooler there are none for it: they
 * would stay with a process that the application uses next.
 */
export async function settingsOf(
  database: Database,
  { lockTimeoutMs, statementTimeoutMs = 0 }: RunLimits,
  { scope, durable }: SettingsOptions,
): Promise<string> {
  if (scope === 'session' && (await backendPid(database)) === undefined) return '';
  const set = scope === 'transaction' ? 'set local' : 'set';
  const lockTimeout = lockTimeoutMs ?? (scope === 'transaction' ? DEFAULT_LOCK_TIMEOUT_MS : 0);
  return [
    `${set} lock_timeout = ${lockTimeout};`,
    `${set} statement_timeout = ${statementTimeoutMs};`,
    `${set} idle_in_transaction_session_timeout = 0;`,
    ...((await checksConnection(database)) ? [`${set} client_connection_check_interval = 1000;`] : []),
    // The last commit waits for the disk and takes the earlier ones with it.
    ...(durable ? [] : [`${set} synchronous_commit = off;`]),
  ].join(' ');
}
