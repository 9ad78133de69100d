import type { BackupManifest } from '../../src/lib/backup/types.js';

/** The manifest of a small backup that never was, with what a test wants changed. */
export function manifestOf(changes: Partial<BackupManifest> = {}): BackupManifest {
  return {
    formatVersion: 1,
    id: '20261122T031500Z-7f3a',
    database: 'shop',
    systemIdentifier: '7300000000000000001',
    label: null,
    startedAt: '2026-11-22T03:15:00.000Z',
    finishedAt: '2026-11-22T03:15:02.000Z',
    durations: { preflightMs: 20, dumpMs: 1500, readMs: 400, totalMs: 2000 },
    serverVersion: '15.18',
    toolVersions: { bkDb: '0.1.0', node: '20.20.2', pgDump: '15.18' },
    format: 'directory',
    compression: { algorithm: 'gzip', level: 1 },
    encryption: null,
    fingerprint: true,
    globals: null,
    options: { jobs: 2, selection: null },
    owner: 'shop',
    encoding: 'UTF8',
    collation: { provider: 'libc', collate: 'C.UTF-8', ctype: 'C.UTF-8', locale: null },
    lcMonetary: 'C.UTF-8',
    databaseBytes: 7_000_000,
    lsn: '0/1A2B3C4',
    schemaVersion: null,
    extensions: [],
    totals: { sizeBytes: 100, files: 2, tables: 1, rows: 3, copyBytes: 18, sequences: 0, largeObjects: 0 },
    tables: [
      {
        schema: 'public',
        name: 'item',
        copied: 'public.item (id, name)',
        file: 'dump/3001.dat.gz',
        rows: 3,
        copyBytes: 18,
        sha256: 'ab'.repeat(32),
      },
    ],
    sequences: [],
    largeObjects: null,
    files: [
      { path: 'dump/3001.dat.gz', sizeBytes: 40, sha256: 'cd'.repeat(32) },
      { path: 'dump/toc.dat', sizeBytes: 60, sha256: 'ef'.repeat(32) },
    ],
    warnings: [],
    pinned: null,
    ...changes,
  };
}
