import type { Session } from '../../../src/lib/health/collectors/activity.js';
import type { Sections } from '../../../src/lib/health/sections.js';
import type { ServerFacts } from '../../../src/lib/health/collectors/server.js';
import type { CheckStatus } from '../../../src/lib/health/types.js';
import { database, healthy, hiddenSession, replica, session, slot } from './healthy-snapshot.js';
import { ROUTINE_ROWS } from './routine-check-cases.js';
import { SCHEMA_ROWS, type Row } from './schema-check-cases.js';

const GIB = 1024 ** 3;
/** A session that has been idle in its transaction for so long. */
export const idle = (ms: number): Session =>
  session({ pid: 7, state: 'idle in transaction', stateAgeMs: ms, transactionAgeMs: ms });
const running = (ms: number, facts = {}) =>
  session({ pid: 8, state: 'active', transactionAgeMs: ms, queryAgeMs: ms, query: 'select 1', ...facts });
const wait = { pid: 9, blockers: [7], lockType: 'transactionid', mode: 'ShareLock', relation: null };
const waiting = (waitMs: number) => [{ ...wait, waitMs }];
const failing = { lastFailedAt: new Date('2026-11-22T11:59:30Z'), lastFailedWal: '0001', failedCount: 3 };

export interface CheckCase {
  readonly id: string;
  readonly status: CheckStatus;
  readonly what: string;
  readonly sections: Partial<Sections>;
  readonly facts: Partial<ServerFacts>;
}

const ROWS: readonly Row[] = [
  ['conn.used', 'ok', 'two connections', {}],
  ['conn.used', 'warning', '80 % used', { activity: Array.from({ length: 80 }, () => session()) }],
  ['conn.used', 'critical', '95 used', { activity: Array.from({ length: 95 }, () => session()) }],
  ['conn.used', 'critical', 'two slots left of few', { activity: [session()] }, { maxConnections: 6 }],
  [
    'conn.used',
    'ok',
    'processes that are no clients',
    { activity: Array.from({ length: 95 }, () => session({ backendType: 'background worker' })) },
  ],
  [
    'conn.used',
    'warning',
    'hidden clients count as well',
    { activity: Array.from({ length: 80 }, () => hiddenSession) },
  ],
  ['conn.idle_in_txn', 'ok', 'a short pause', { activity: [idle(59_000)] }],
  ['conn.idle_in_txn', 'warning', 'a minute', { activity: [idle(60_000)] }],
  ['conn.idle_in_txn', 'critical', 'five minutes', { activity: [idle(300_000)] }],
  ['conn.idle_in_txn', 'unknown', 'hidden sessions', { activity: [hiddenSession] }],
  [
    'conn.idle_in_txn',
    'critical',
    'a visible one among hidden ones',
    { activity: [hiddenSession, idle(400_000)] },
  ],
  ['txn.longest', 'ok', 'a short one', { activity: [running(1_000)] }],
  ['txn.longest', 'warning', 'five minutes', { activity: [running(300_000)] }],
  ['txn.longest', 'critical', 'half an hour', { activity: [running(1_800_000)] }],
  ['txn.longest', 'ok', 'a WAL sender', { activity: [running(9e9, { backendType: 'walsender' })] }],
  ['txn.longest', 'ok', "pg_dump's", { activity: [running(9e9, { applicationName: 'pg_dump' })] }],
  ['query.longest', 'warning', 'a minute', { activity: [running(60_000)] }],
  [
    'query.longest',
    'ok',
    'waiting for a lock is another matter',
    { activity: [running(9e6, { waitEventType: 'Lock' })] },
  ],
  ['query.longest', 'ok', 'an idle session', { activity: [session({ queryAgeMs: 9e9 })] }],
  ['lock.blocked', 'ok', 'nobody', {}],
  ['lock.blocked', 'ok', 'a moment', { locks: waiting(500), activity: [idle(500)] }],
  ['lock.blocked', 'warning', 'ten seconds', { locks: waiting(10_000), activity: [idle(500)] }],
  ['lock.blocked', 'critical', 'a minute', { locks: waiting(60_000), activity: [idle(500)] }],
  [
    'lock.blocked',
    'warning',
    'many for a moment',
    { locks: [1, 2, 3, 4, 5, 6].map((pid) => ({ ...wait, waitMs: 10, pid })) },
  ],
  ['lock.blocked', 'warning', 'a hidden root', { locks: waiting(11_000), activity: [hiddenSession] }],
  ['wrap.xid', 'ok', 'at freeze_max_age', { databases: [database({ xidAge: 200_000_000 })] }],
  ['wrap.xid', 'warning', '400 million', { databases: [database({ xidAge: 400_000_000 })] }],
  [
    'wrap.xid',
    'critical',
    'a billion, in a template',
    { databases: [database(), database({ name: 'template0', xidAge: 1e9 })] },
  ],
  [
    'wrap.xid',
    'ok',
    'freeze_max_age raised',
    { databases: [database({ xidAge: 8e8 })] },
    { autovacuumFreezeMaxAge: 1e9 },
  ],
  ['wrap.mxid', 'ok', 'young', {}],
  ['wrap.mxid', 'warning', '600 million', { databases: [database({ mxidAge: 600_000_000 })] }],
  ['wrap.mxid', 'critical', '1.2 billion', { databases: [database({ mxidAge: 1_200_000_000 })] }],
  ['prepared.xacts', 'ok', 'none', {}],
  [
    'prepared.xacts',
    'ok',
    'a young one',
    { prepared: [{ gid: 'g', owner: 'app', database: 'shop', ageMs: 5, xidAge: 1 }] },
  ],
  [
    'prepared.xacts',
    'critical',
    'an hour',
    { prepared: [{ gid: "g'", owner: 'app', database: 'shop', ageMs: 3.6e6, xidAge: 1 }] },
  ],
  ['repl.lag', 'ok', 'in step', {}],
  ['repl.lag', 'skipped', 'no standby', { replicas: [] }],
  ['repl.lag', 'ok', 'an old time with nothing behind', { replicas: [replica({ replayLagMs: 9e6 })] }],
  [
    'repl.lag',
    'warning',
    'ten seconds',
    { replicas: [replica({ replayLagMs: 10_000, replayLagBytes: 2e6 })] },
  ],
  ['repl.lag', 'critical', 'a gibibyte', { replicas: [replica({ replayLagBytes: GIB })] }],
  ['repl.lag', 'unknown', 'hidden', { replicas: [replica({ state: null, replayLagBytes: null })] }],
  ['repl.standby', 'ok', 'all replayed', {}],
  ['repl.standby', 'warning', 'paused', { standby: { ...healthy.standby, paused: true } }],
  [
    'repl.standby',
    'critical',
    'a minute',
    { standby: { ...healthy.standby, replayLagMs: 60_000, replayLagBytes: 5e6 } },
  ],
  ['repl.slots', 'ok', 'a slot in use', {}],
  ['repl.slots', 'skipped', 'no slot', { slots: [] }],
  ['repl.slots', 'ok', 'never used', { slots: [slot({ active: false, retainedBytes: null })] }],
  ['repl.slots', 'ok', 'a reader that reconnects', { slots: [slot({ active: false, inactiveMs: 1_000 })] }],
  ['repl.slots', 'warning', 'nobody reads it', { slots: [slot({ active: false })] }],
  ['repl.slots', 'warning', 'a gibibyte', { slots: [slot({ retainedBytes: GIB })] }],
  ['repl.slots', 'critical', 'lost', { slots: [slot({ walStatus: 'lost' })] }],
  ['wal.archiver', 'ok', 'archiving', {}],
  ['wal.archiver', 'skipped', 'off', { archiver: { ...healthy.archiver, enabled: false } }],
  ['wal.archiver', 'warning', 'fails', { archiver: { ...healthy.archiver, ...failing } }],
  [
    'wal.archiver',
    'critical',
    'fails for long',
    { archiver: { ...healthy.archiver, ...failing, withoutSuccessMs: 9e5 } },
  ],
  [
    'wal.archiver',
    'ok',
    'failed, then succeeded',
    { archiver: { ...healthy.archiver, lastFailedAt: new Date('2026-11-22T11:00:00Z') } },
  ],
  ['cache.hit', 'ok', '99.9 %', {}],
  ['cache.hit', 'info', '50 %', { databases: [database({ blocksRead: 999_000 })] }],
  ['cache.hit', 'skipped', 'a new database', { databases: [database({ blocksHit: 0, blocksRead: 0 })] }],
  ['txn.rollback', 'ok', 'few', {}],
  ['txn.rollback', 'info', 'a third', { databases: [database({ rollbacks: 25_000 })] }],
  ['txn.rollback', 'skipped', 'too few to say', { databases: [database({ commits: 5, rollbacks: 5 })] }],
  ['lock.deadlocks', 'ok', 'none', {}],
  ['lock.deadlocks', 'info', 'some', { databases: [database({ deadlocks: 2 })] }],
  ['checksum.failures', 'ok', 'none', {}],
  ['checksum.failures', 'critical', 'one', { databases: [database({ checksumFailures: 1 })] }],
  ['checksum.failures', 'skipped', 'not counted', {}, { dataChecksums: false }],
  ...SCHEMA_ROWS,
  ...ROUTINE_ROWS,
];

/** Every check with what it must find, and what it must leave alone. */
export const CHECK_CASES: readonly CheckCase[] = ROWS.map(([id, status, what, sections, facts = {}]) => ({
  id,
  status,
  what,
  sections,
  facts,
}));
