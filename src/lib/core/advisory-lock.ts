import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionTarget } from './connection.js';
import { openDatabase, type Database, type Sql } from './database.js';
import { BkDbError } from './errors.js';

/** Who holds an advisory lock, as pg_stat_activity shows it; null where the role may not see it. */
export interface LockHolder {
  readonly pid: number;
  readonly applicationName: string | null;
  readonly user: string | null;
  readonly client: string | null;
  readonly heldForMs: number | null;
}

export interface AdvisoryLockOptions {
  /** The lock's number; the same for all that must not run at once. */
  readonly key: bigint;
  /** What is locked, for the error message. */
  readonly object: string;
  /** How long to wait in ms; 0 gives up at once. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Told once when somebody else holds the lock. */
  readonly onWait?: (holder: LockHolder | undefined) => void;
}

/**
 * Runs the work while a second connection holds a transaction-level advisory lock, taken by polling with the
 * simple protocol. This form works through transaction poolers, dies with its client, and does not make
 * CREATE INDEX CONCURRENTLY wait: the extended protocol's open portal would keep a snapshot.
 * @throws BkDbError LOCK_HELD naming the holder.
 */
export async function withAdvisoryLock<T>(
  target: ConnectionTarget,
  options: AdvisoryLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await openDatabase(
    { ...target, applicationName: `${target.applicationName} lock` },
    { pool: { max: 1, prepare: false } },
  );
  try {
    await acquire(lock, options);
    const result = await work();
    // A pooler would take its time to clean up behind a connection that just ends.
    await lock.sql
      .unsafe('commit')
      .simple()
      .catch(() => undefined);
    return result;
  } finally {
    await lock.close();
  }
}

async function acquire(lock: Database, options: AdvisoryLockOptions): Promise<void> {
  const deadline = Date.now() + options.waitMs;
  let told = false;
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 250)) {
    options.signal?.throwIfAborted();
    if (await tryLock(lock.sql, options.key)) return;
    const holder = await findHolder(lock.sql, options.key);
    if (Date.now() >= deadline) throw lockHeld(options, holder);
    if (!told) options.onWait?.(holder);
    told = true;
    await sleep(Math.min(pauseMs, Math.max(deadline - Date.now(), 1)), undefined, { signal: options.signal });
  }
}

async function tryLock(sql: Sql, key: bigint): Promise<boolean> {
  const results = await sql
    .unsafe(
      `begin; set local idle_in_transaction_session_timeout = 0; select pg_try_advisory_xact_lock(${key}) as locked`,
    )
    .simple();
  const rows = results as unknown as { locked?: boolean }[][];
  if (rows.at(-1)?.[0]?.locked === true) return true;
  await sql.unsafe('rollback').simple();
  return false;
}

async function findHolder(sql: Sql, key: bigint): Promise<LockHolder | undefined> {
  const unsigned = BigInt.asUintN(64, key);
  const [holder] = await sql<LockHolder[]>`
    select l.pid,
           a.application_name as "applicationName",
           a.usename as "user",
           host(a.client_addr) as client,
           round(extract(epoch from clock_timestamp() - a.xact_start) * 1000)::float8 as "heldForMs"
      from pg_catalog.pg_locks l
      left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and l.classid = ${String(unsigned >> 32n)}::bigint::oid
       and l.objid = ${String(unsigned & 0xffffffffn)}::bigint::oid
       and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())`;
  return holder;
}

/** The holder in words, for messages. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'another session';
  const age = holder.heldForMs === null ? '' : `, for ${Math.round(holder.heldForMs / 1000)} s`;
  return `${holder.applicationName ?? 'a session'} (pid ${holder.pid}, ${holder.user ?? 'unknown role'}${age})`;
}

function lockHeld({ object, waitMs }: AdvisoryLockOptions, holder: LockHolder | undefined): BkDbError {
  const waited = waitMs === 0 ? '' : ` (waited ${Math.round(waitMs / 1000)} s)`;
  return new BkDbError('LOCK_HELD', `${object} is locked by ${describeHolder(holder)}${waited}`, {
    hint: 'Wait for it to end, or look at it with `bk-db health`.',
    details: { holder: holder ?? null },
  });
}
