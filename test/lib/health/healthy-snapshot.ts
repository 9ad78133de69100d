import type { Sections } from '../../../src/lib/health/sections.js';
import type { Session } from '../../../src/lib/health/collectors/activity.js';
import type { DatabaseFacts } from '../../../src/lib/health/collectors/databases.js';
import type { ForeignKeyFacts, IndexFacts } from '../../../src/lib/health/collectors/index-list.js';
import type { ReplicaFacts, SlotFacts } from '../../../src/lib/health/collectors/replication.js';
import type { StatementFacts } from '../../../src/lib/health/collectors/statements.js';
import type { TableFacts } from '../../../src/lib/health/collectors/table-list.js';
import type { ServerFacts } from '../../../src/lib/health/collectors/server.js';
import type { Section, Snapshot } from '../../../src/lib/health/snapshot.js';

export const server: ServerFacts = {
  now: new Date('2026-11-22T12:00:00Z'),
  version: '15.18',
  versionNum: 150_018,
  inRecovery: false,
  startedAt: new Date('2026-11-01T00:00:00Z'),
  database: 'shop',
  user: 'app',
  isSuperuser: false,
  readsAllStats: true,
  readsAllSettings: true,
  maxConnections: 100,
  reservedConnections: 3,
  idleInTransactionTimeoutMs: 0,
  autovacuumFreezeMaxAge: 200_000_000,
  autovacuumMultixactFreezeMaxAge: 400_000_000,
  dataChecksums: true,
  dataDirectory: '/var/lib/postgresql/15/main',
  usesTls: true,
  clientAddress: '10.0.0.9',
  statementsSchema: 'public',
};

export function session(facts: Partial<Session> = {}): Session {
  return {
    pid: 100,
    database: 'shop',
    user: 'app',
    applicationName: 'web',
    backendType: 'client backend',
    backendStart: new Date('2026-11-22T11:00:00Z'),
    state: 'idle',
    transactionAgeMs: null,
    queryAgeMs: 10,
    stateAgeMs: 10,
    waitEventType: 'Client',
    waitEvent: 'ClientRead',
    xminAge: null,
    query: null,
    hidden: false,
    ours: false,
    ...facts,
  };
}

/** What a role without grants sees of another's session. */
export const hiddenSession = session({
  pid: 200,
  backendType: null,
  backendStart: null,
  state: null,
  queryAgeMs: null,
  stateAgeMs: null,
  query: '<insufficient privilege>',
  hidden: true,
});

export function database(facts: Partial<DatabaseFacts> = {}): DatabaseFacts {
  return {
    name: 'shop',
    connected: true,
    commits: 50_000,
    rollbacks: 10,
    blocksRead: 1_000,
    blocksHit: 999_000,
    deadlocks: 0,
    tempBytes: 0,
    checksumFailures: 0,
    statsSince: new Date('2026-11-20T00:00:00Z'),
    xidAge: 50_000_000,
    mxidAge: 1_000,
    collationRecorded: '2.36',
    collationActual: '2.36',
    ...facts,
  };
}

export function replica(facts: Partial<ReplicaFacts> = {}): ReplicaFacts {
  return {
    pid: 300,
    applicationName: 'standby1',
    client: '10.0.0.2',
    state: 'streaming',
    replayLagBytes: 0,
    replayLagMs: null,
    ...facts,
  };
}

export function slot(facts: Partial<SlotFacts> = {}): SlotFacts {
  return {
    name: 'standby1',
    type: 'physical',
    active: true,
    retainedBytes: 0,
    walStatus: 'reserved',
    safeBytes: null,
    inactiveMs: null,
    xminAge: null,
    ...facts,
  };
}

export function index(facts: Partial<IndexFacts> = {}): IndexFacts {
  const columns = facts.columns ?? [1];
  return {
    schema: 'public',
    table: 't',
    name: `i_${columns.join('_')}`,
    method: 'btree',
    keys: columns.map((column) => `${column} 1978 0 0`),
    columns,
    included: [],
    expressions: null,
    predicate: null,
    notNullColumn: null,
    valid: true,
    unique: false,
    needed: false,
    sizeBytes: 20 * 1024 ** 2,
    scans: 5,
    tableScans: 1_000,
    ...facts,
  };
}

export function foreignKey(facts: Partial<ForeignKeyFacts> = {}): ForeignKeyFacts {
  return {
    schema: 'public',
    table: 't',
    name: 't_p_fkey',
    references: 'public.p',
    columns: [1],
    columnNames: ['p'],
    rows: 50_000,
    ...facts,
  };
}

export function table(facts: Partial<TableFacts> = {}): TableFacts {
  return {
    schema: 'public',
    table: 'big',
    sizeBytes: 500 * 1024 ** 2,
    indexBytes: 80 * 1024 ** 2,
    liveRows: 1_000_000,
    deadRows: 10,
    seqScans: 3,
    seqRows: 3_000_000,
    indexScans: 90_000,
    inserted: 1_000_000,
    updated: 50,
    deleted: 5,
    changedSinceAnalyze: 12,
    sinceVacuumMs: 3_600_000,
    sinceAnalyzeMs: 3_600_000,
    ...facts,
  };
}

export function statement(facts: Partial<StatementFacts> = {}): StatementFacts {
  return {
    queryId: '1',
    user: 'app',
    calls: 100,
    totalMs: 9_000,
    meanMs: 90,
    maxMs: 400,
    rows: 1_000,
    sharePercent: 60,
    blocksHit: 900,
    blocksRead: 100,
    tempBlocks: 0,
    query: 'select * from big where id = $1',
    ...facts,
  };
}

export const healthy: Sections = {
  activity: [session({ pid: 1, ours: true, state: 'active' }), session()],
  locks: [],
  databases: [database()],
  replicas: [replica()],
  standby: { receiveLsn: '0/5', replayLsn: '0/5', replayLagMs: null, replayLagBytes: 0, paused: false },
  slots: [slot()],
  archiver: {
    enabled: true,
    lastArchivedAt: new Date('2026-11-22T11:59:00Z'),
    lastFailedAt: null,
    lastFailedWal: null,
    failedCount: 0,
    withoutSuccessMs: 60_000,
    walBytes: 5_000_000_000,
  },
  prepared: [],
  invalidIndexes: [],
  sequences: { total: 3, hidden: 0, hiddenSchemas: [], fullest: [] },
  vacuumLag: [],
  settings: [{ name: 'fsync', value: 'on', pendingRestart: false }],
  extensions: [],
  collations: [],
  indexes: [],
  foreignKeys: [],
  tablesWithoutKey: [],
  bloat: [],
  checkpoints: { timed: 900, requested: 3, sinceMs: 9e8 },
  oldStatistics: [],
  tables: [],
  statements: [],
  migrations: { directory: '/app/migrations', currentVersion: '0002', applied: 2, unsettled: [], all: [] },
  backups: {
    directory: '/backups',
    count: 4,
    newest: { id: '20261122T031500Z-7f3a', ageMs: 8 * 3_600_000, sizeBytes: 1_000_000 },
    earlierSizes: [990_000, 980_000, 970_000],
    wrongFiles: [],
    damaged: [],
    oldest: { id: '20261119T031500Z-1c2d', ageMs: 80 * 3_600_000 },
    lastProof: { id: '20261122T031500Z-7f3a', ageMs: 7 * 3_600_000 },
    latest: [],
  },
  disk: { path: '/var/lib/postgresql', totalBytes: 1e12, freeBytes: 6e11 },
  tools: { path: '/usr/lib/postgresql/15/bin/pg_dump', version: '15.18' },
};

/** A healthy snapshot, but for what is given. */
export function snapshotWith(sections: Partial<Sections>, facts: Partial<ServerFacts> = {}): Snapshot {
  const collected = Object.entries({ ...healthy, ...sections }).map(
    ([name, data]) => [name, { state: 'collected', data }] satisfies [string, Section<unknown>],
  );
  return {
    server: { ...server, ...facts },
    sections: Object.fromEntries(collected),
  };
}
