import type { BackupFacts } from '../../../src/lib/health/toolkit/backups.js';
import type { BloatEstimate } from '../../../src/lib/health/collectors/bloat.js';
import { healthy, server, statement, table } from './healthy-snapshot.js';
import type { Row } from './schema-check-cases.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function backups(facts: Partial<BackupFacts>): { backups: BackupFacts } {
  return { backups: { ...healthy.backups, ...facts } };
}

/** Backups that began so many hours ago, the newest first; nothing else of them is looked at. */
function taken(...hoursAgo: number[]) {
  const latest = hoursAgo.map((hours) => ({
    startedAt: new Date(server.now.getTime() - hours * HOUR).toISOString(),
  }));
  const newest = { id: 'newest', ageMs: (hoursAgo[0] ?? 0) * HOUR, sizeBytes: 1_000_000 };
  return backups({ latest: latest as unknown as BackupFacts['latest'], newest });
}

function bloat(facts: Partial<BloatEstimate>): { bloat: readonly BloatEstimate[] } {
  const estimate = {
    schema: 'public',
    table: 'big',
    sizeBytes: 1024 ** 3,
    neededBytes: 900 * 1024 ** 2,
    reason: null,
  };
  return { bloat: [{ ...estimate, ...facts }] };
}

const old = (sinceAnalyzeMs: number | null) => ({
  schema: 'public',
  table: 'loaded',
  rows: 1_000_000,
  changed: 900_000,
  sinceAnalyzeMs,
});

/** Checks of how backups are taken and proved, of bloat, and of versions. */
export const ROUTINE_ROWS: readonly Row[] = [
  ['backup.verified', 'ok', 'proved this morning', {}],
  ['backup.verified', 'warning', 'proved long ago', backups({ lastProof: { id: 'x', ageMs: 31 * DAY } })],
  ['backup.verified', 'info', 'never, and there are only new ones', backups({ lastProof: null })],
  [
    'backup.verified',
    'warning',
    'never in a month of backups',
    backups({ lastProof: null, oldest: { id: 'x', ageMs: 40 * DAY } }),
  ],
  ['backup.verified', 'skipped', 'nothing to prove', backups({ oldest: null, lastProof: null })],
  ['cron.missed', 'ok', 'one each day', taken(20, 44, 68, 92, 116)],
  ['cron.missed', 'warning', 'late by a third of a day', taken(32, 56, 80, 104, 128)],
  ['cron.missed', 'critical', 'one each hour, none for three', taken(3, 4, 5, 6, 7, 8)],
  ['cron.missed', 'ok', 'one by hand among the nightly ones', taken(20, 23, 47, 71, 95, 119, 143, 167, 191)],
  ['cron.missed', 'skipped', 'by hand', taken(50, 51, 80, 81, 200)],
  ['cron.missed', 'skipped', 'too few', taken(100, 101, 102)],
  ['bloat.table', 'ok', 'no large table', {}],
  ['bloat.table', 'ok', 'a full one', bloat({})],
  ['bloat.table', 'warning', 'two thirds empty', bloat({ neededBytes: 340 * 1024 ** 2 })],
  ['bloat.table', 'critical', 'nearly empty', bloat({ neededBytes: 50 * 1024 ** 2 })],
  ['bloat.table', 'ok', 'little is wasted', bloat({ sizeBytes: 45 * 1024 ** 2, neededBytes: 1024 ** 2 })],
  ['bloat.table', 'unknown', 'old statistics', bloat({ neededBytes: null, reason: 'stale' })],
  ['bloat.table', 'unknown', 'hidden statistics', bloat({ neededBytes: null, reason: 'hidden' })],
  ['server.version', 'ok', 'one with years to come', {}],
  ['server.version', 'info', 'its last months', {}, { now: new Date('2027-08-01') }],
  ['server.version', 'warning', 'out of service', {}, { now: new Date('2028-01-01') }],
  ['server.version', 'skipped', 'one from the future', {}, { versionNum: 250_000 }],
  ['server.restarted', 'ok', 'up for weeks', {}],
  ['server.restarted', 'info', 'up for a minute', {}, { startedAt: new Date(server.now.getTime() - 60_000) }],
  ['ssl.state', 'ok', 'encrypted', {}],
  ['ssl.state', 'info', 'readable on the way', {}, { usesTls: false }],
  ['ssl.state', 'skipped', 'a socket', {}, { usesTls: false, clientAddress: null }],
  ['ssl.state', 'skipped', 'the loopback', {}, { usesTls: false, clientAddress: '127.0.0.1' }],
  ['checkpoint.requested', 'ok', 'most by the clock', {}],
  ['checkpoint.requested', 'info', 'most early', { checkpoints: { timed: 10, requested: 90, sinceMs: 9e8 } }],
  ['checkpoint.requested', 'skipped', 'too few', { checkpoints: { timed: 1, requested: 3, sinceMs: null } }],
  ['stats.missing', 'ok', 'recent', {}],
  ['stats.missing', 'warning', 'most rows changed', { oldStatistics: [old(5 * HOUR)] }],
  ['stats.missing', 'warning', 'never analyzed', { oldStatistics: [old(null)] }],
  ['stats.missing', 'ok', 'just loaded', { oldStatistics: [old(HOUR / 2)] }],
  [
    'stats.missing',
    'ok',
    'never analyzed by a server that has just started',
    { oldStatistics: [old(null)] },
    { startedAt: new Date(server.now.getTime() - 60_000) },
  ],
  ['table.seqscan', 'ok', 'a few', { tables: [table()] }],
  ['table.seqscan', 'ok', 'many of a small table', { tables: [table({ seqScans: 9_000, seqRows: 90_000 })] }],
  ['table.seqscan', 'info', 'many of a large table', { tables: [table({ seqScans: 900, seqRows: 9e8 })] }],
  ['query.top', 'skipped', 'nothing was executed', {}],
  ['query.top', 'skipped', 'little was executed', { statements: [statement()] }],
  ['query.top', 'info', 'most of an hour', { statements: [statement({ totalMs: 2e6 })] }],
  ['query.top', 'ok', 'many alike', { statements: [statement({ totalMs: 2e6, sharePercent: 4 })] }],
  ['disk.space', 'ok', 'half empty', {}],
  ['disk.space', 'warning', 'a tenth left', { disk: { path: '/d', totalBytes: 1e12, freeBytes: 1e11 } }],
  ['disk.space', 'critical', 'nearly full', { disk: { path: '/d', totalBytes: 1e12, freeBytes: 1e9 } }],
  [
    'toolkit.client',
    'info',
    'a newer one',
    { tools: { path: '/usr/lib/postgresql/18/bin/pg_dump', version: '18.1' } },
  ],
];
