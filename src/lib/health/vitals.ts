import { isClient } from './collectors/activity.js';
import type { DatabaseFacts } from './collectors/databases.js';
import type { Snapshot } from './snapshot.js';

/** The few numbers that say how busy a server is. Rates are null until there are two samples. */
export interface Vitals {
  readonly connections: number;
  readonly connectionLimit: number;
  readonly active: number;
  readonly idleInTransaction: number;
  readonly blocked: number;
  readonly hidden: number;
  readonly transactionsPerSecond: number | null;
  /** Null too when nothing was read in between. */
  readonly cacheHitPercent: number | null;
  readonly tempBytesPerSecond: number | null;
  /** What was read that the server's own cache did not hold. */
  readonly readBytesPerSecond: number | null;
  readonly rollbackPercent: number | null;
  readonly deadlocks: number | null;
  readonly walBytesPerSecond: number | null;
}

/** Reads the vital signs off a snapshot; rates are of the time since the earlier one, without our own transactions. Pure. */
export function vitalsOf(snapshot: Snapshot, earlier: Snapshot | undefined, ownTransactions: number): Vitals {
  const { activity, locks } = snapshot.sections;
  const sessions = activity?.state === 'collected' ? activity.data : [];
  const clients = sessions.filter(isClient);
  return {
    connections: clients.length,
    connectionLimit: snapshot.server.maxConnections - snapshot.server.reservedConnections,
    active: clients.filter(({ state, ours }) => state === 'active' && !ours).length,
    idleInTransaction: clients.filter(({ state }) => state?.startsWith('idle in transaction') === true)
      .length,
    blocked: locks?.state === 'collected' ? locks.data.length : 0,
    hidden: clients.filter(({ hidden }) => hidden).length,
    ...ratesOf(snapshot, earlier, ownTransactions),
  };
}

/** How many transactions the server counted since the earlier snapshot; null when that cannot be told. Pure. */
export function countTransactions(snapshot: Snapshot, earlier: Snapshot | undefined): number | null {
  const now = totals(snapshot);
  const before = earlier === undefined ? undefined : totals(earlier);
  return now === undefined || before === undefined
    ? null
    : Math.max(0, now.transactions - before.transactions);
}

const NO_RATES = {
  transactionsPerSecond: null,
  cacheHitPercent: null,
  tempBytesPerSecond: null,
  readBytesPerSecond: null,
  rollbackPercent: null,
  deadlocks: null,
  walBytesPerSecond: null,
};
const BLOCK_BYTES = 8_192;

function ratesOf(snapshot: Snapshot, earlier: Snapshot | undefined, own: number) {
  const now = totals(snapshot);
  const before = earlier === undefined ? undefined : totals(earlier);
  if (earlier === undefined || now === undefined || before === undefined) return NO_RATES;
  const seconds = (snapshot.server.now.getTime() - earlier.server.now.getTime()) / 1_000;
  // Counters that went back were reset, or the server crashed.
  if (seconds <= 0 || now.transactions < before.transactions) return NO_RATES;
  const hit = now.hit - before.hit;
  const blocks = hit + now.read - before.read;
  const transactions = Math.max(0, now.transactions - before.transactions - own);
  const wal = walOf(snapshot);
  const walBefore = walOf(earlier);
  return {
    transactionsPerSecond: transactions / seconds,
    cacheHitPercent: blocks > 0 ? (hit / blocks) * 100 : null,
    tempBytesPerSecond: Math.max(0, now.temp - before.temp) / seconds,
    readBytesPerSecond: (Math.max(0, now.read - before.read) * BLOCK_BYTES) / seconds,
    rollbackPercent:
      transactions > 0 ? Math.min(100, ((now.rollbacks - before.rollbacks) / transactions) * 100) : null,
    deadlocks: Math.max(0, now.deadlocks - before.deadlocks),
    walBytesPerSecond:
      wal === undefined || walBefore === undefined ? null : Math.max(0, wal - walBefore) / seconds,
  };
}

function walOf({ sections: { archiver } }: Snapshot): number | undefined {
  return archiver?.state === 'collected' ? archiver.data.walBytes : undefined;
}

function totals({ sections: { databases } }: Snapshot) {
  if (databases?.state !== 'collected') return undefined;
  const sum = (value: (database: DatabaseFacts) => number) =>
    databases.data.reduce((total, database) => total + value(database), 0);
  return {
    transactions: sum(({ commits, rollbacks }) => commits + rollbacks),
    hit: sum(({ blocksHit }) => blocksHit),
    read: sum(({ blocksRead }) => blocksRead),
    temp: sum(({ tempBytes }) => tempBytes),
    rollbacks: sum(({ rollbacks }) => rollbacks),
    deadlocks: sum(({ deadlocks }) => deadlocks),
  };
}
