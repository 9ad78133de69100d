import type { Sections } from '../../../src/lib/health/sections.js';
import type { MigrationState } from '../../../src/lib/migrate/index.js';
import type { ServerFacts } from '../../../src/lib/health/collectors/server.js';
import type { CheckStatus } from '../../../src/lib/health/types.js';
import { database, foreignKey, healthy, hiddenSession, index, session, slot } from './healthy-snapshot.js';

/** A check, its status, what was put before it, and how the snapshot and the server differ from healthy ones. */
export type Row = readonly [
  id: string,
  status: CheckStatus,
  what: string,
  sections: Partial<Sections>,
  facts?: Partial<ServerFacts>,
];

const sequence = {
  schema: 'public',
  name: 's',
  column: 'public.t.id',
  lastValue: '1',
  limit: '2',
  usedPercent: 95,
  cycles: false,
};
const lag = {
  schema: 'public',
  table: 't',
  deadRows: 9_000,
  startsAt: 2_000,
  disabled: false,
  sinceVacuumMs: 9e6,
};

const newest = { id: '20261122T031500Z-7f3a', ageMs: 3_600_000, sizeBytes: 1_000_000 };
const unsettled = (state: MigrationState) => ({
  ...healthy.migrations,
  unsettled: [{ version: '0003', name: 'more', state }],
});

/** Checks of schema, settings and what bk-db itself knows. */
export const SCHEMA_ROWS: readonly Row[] = [
  ['idx.invalid', 'ok', 'none', {}],
  [
    'idx.invalid',
    'warning',
    'one',
    { invalidIndexes: [{ schema: 'public', name: 'i', table: 't', partitioned: false, leftover: false }] },
  ],
  ['seq.exhaustion', 'ok', 'none', {}],
  ['seq.exhaustion', 'critical', '95 %', { sequences: { ...healthy.sequences, fullest: [sequence] } }],
  [
    'seq.exhaustion',
    'warning',
    '75 %',
    { sequences: { ...healthy.sequences, fullest: [{ ...sequence, usedPercent: 75 }] } },
  ],
  [
    'seq.exhaustion',
    'ok',
    'one that starts again',
    { sequences: { ...healthy.sequences, fullest: [{ ...sequence, cycles: true }] } },
  ],
  [
    'seq.exhaustion',
    'unknown',
    'unreadable',
    { sequences: { ...healthy.sequences, hidden: 1, hiddenSchemas: ['public'] } },
  ],
  ['vacuum.lag', 'ok', 'none', {}],
  ['vacuum.lag', 'critical', 'far beyond', { vacuumLag: [lag] }],
  ['vacuum.lag', 'warning', 'beyond', { vacuumLag: [{ ...lag, deadRows: 3_000 }] }],
  ['vacuum.lag', 'ok', 'vacuumed a moment ago', { vacuumLag: [{ ...lag, sinceVacuumMs: 60_000 }] }],
  ['settings.pending', 'ok', 'none', {}],
  [
    'settings.pending',
    'warning',
    'one',
    { settings: [{ name: 'max_connections', value: '100', pendingRestart: true }] },
  ],
  ['collation.version', 'ok', 'unchanged', {}],
  [
    'collation.version',
    'ok',
    'not versioned',
    { databases: [database({ collationRecorded: null, collationActual: null })] },
  ],
  [
    'collation.version',
    'warning',
    'the database changed',
    { databases: [database({ collationActual: '2.41' })] },
  ],
  [
    'collation.version',
    'warning',
    'a collation changed',
    { collations: [{ name: 'public.de', recorded: '1', actual: '2', indexes: ['public.i'] }] },
  ],
  ['xmin.horizon', 'ok', 'nothing old', {}],
  ['xmin.horizon', 'warning', 'a session', { activity: [session({ xminAge: 10_000_000 })] }],
  ['xmin.horizon', 'critical', 'a slot', { slots: [slot({ xminAge: 100_000_000 })] }],
  [
    'xmin.horizon',
    'critical',
    'a prepared transaction',
    { prepared: [{ gid: 'g', owner: 'app', database: 'shop', ageMs: 1, xidAge: 1e8 }] },
  ],
  [
    'xmin.horizon',
    'ok',
    'a vacuum',
    { activity: [session({ xminAge: 1e9, backendType: 'autovacuum worker' })] },
  ],
  ['xmin.horizon', 'unknown', 'hidden sessions', { activity: [hiddenSession] }],
  ['settings.risky', 'ok', 'safe ones', {}],
  [
    'settings.risky',
    'critical',
    'fsync off',
    { settings: [{ name: 'fsync', value: 'off', pendingRestart: false }] },
  ],
  [
    'settings.risky',
    'critical',
    'damage hidden',
    { settings: [{ name: 'zero_damaged_pages', value: 'on', pendingRestart: false }] },
  ],
  ['extension.outdated', 'ok', 'none', {}],
  [
    'extension.outdated',
    'info',
    'one',
    { extensions: [{ name: 'hstore', installed: '1.7', available: '1.8' }] },
  ],
  ['table.nopk', 'ok', 'none', {}],
  ['table.nopk', 'info', 'one', { tablesWithoutKey: [{ schema: 'public', table: 't', published: false }] }],
  [
    'table.nopk',
    'warning',
    'a published one',
    { tablesWithoutKey: [{ schema: 'public', table: 't', published: true }] },
  ],
  ['idx.duplicate', 'ok', 'different columns', { indexes: [index(), index({ columns: [2] })] }],
  ['idx.duplicate', 'warning', 'the same columns', { indexes: [index(), index({ name: 'other' })] }],
  [
    'idx.duplicate',
    'warning',
    'the same as a unique one',
    { indexes: [index(), index({ name: 'pk', unique: true, needed: true })] },
  ],
  [
    'idx.duplicate',
    'ok',
    'another order',
    { indexes: [index(), index({ name: 'other', keys: ['1 1978 0 3'] })] },
  ],
  [
    'idx.duplicate',
    'ok',
    'another predicate',
    { indexes: [index(), index({ name: 'other', predicate: '{X}' })] },
  ],
  ['idx.prefix', 'ok', 'different columns', { indexes: [index(), index({ columns: [2, 1] })] }],
  ['idx.prefix', 'info', '(a) beside (a, b)', { indexes: [index(), index({ columns: [1, 2] })] }],
  ['idx.prefix', 'ok', 'a unique one', { indexes: [index({ unique: true }), index({ columns: [1, 2] })] }],
  [
    'idx.unused',
    'info',
    'a large one',
    { indexes: [index({ scans: 0 })], databases: [database({ statsSince: null })] },
  ],
  ['idx.unused', 'ok', 'a used one', { indexes: [index()], databases: [database({ statsSince: null })] }],
  [
    'idx.unused',
    'ok',
    'a unique one',
    { indexes: [index({ scans: 0, unique: true })], databases: [database({ statsSince: null })] },
  ],
  [
    'idx.unused',
    'ok',
    'one for a foreign key',
    {
      indexes: [index({ scans: 0 })],
      foreignKeys: [foreignKey()],
      databases: [database({ statsSince: null })],
    },
  ],
  [
    'idx.unused',
    'ok',
    'of a table nobody reads',
    { indexes: [index({ scans: 0, tableScans: 3 })], databases: [database({ statsSince: null })] },
  ],
  ['idx.unused', 'skipped', 'young statistics', { indexes: [index({ scans: 0 })] }],
  ['idx.unused', 'skipped', 'a standby', { indexes: [index({ scans: 0 })] }, { inRecovery: true }],
  ['fk.unindexed', 'ok', 'an index', { foreignKeys: [foreignKey()], indexes: [index()] }],
  [
    'fk.unindexed',
    'ok',
    'columns in another order',
    { foreignKeys: [foreignKey({ columns: [1, 2] })], indexes: [index({ columns: [2, 1, 3] })] },
  ],
  [
    'fk.unindexed',
    'ok',
    'where the column is not null',
    { foreignKeys: [foreignKey()], indexes: [index({ predicate: '{X}', notNullColumn: 1 })] },
  ],
  [
    'fk.unindexed',
    'warning',
    'another predicate',
    { foreignKeys: [foreignKey()], indexes: [index({ predicate: '{X}' })] },
  ],
  [
    'fk.unindexed',
    'warning',
    'the column comes second',
    { foreignKeys: [foreignKey()], indexes: [index({ columns: [2, 1] })] },
  ],
  ['fk.unindexed', 'info', 'a small table', { foreignKeys: [foreignKey({ rows: 10 })] }],
  ['role.privileges', 'ok', 'pg_monitor', {}],
  ['role.privileges', 'info', 'no grants', { activity: [hiddenSession] }, { readsAllStats: false }],
  ['migrate.pending', 'ok', 'all applied', {}],
  ['migrate.pending', 'warning', 'one pending', { migrations: unsettled('pending') }],
  ['migrate.pending', 'ok', 'an edited one is another matter', { migrations: unsettled('edited') }],
  ['migrate.drift', 'ok', 'one pending is no drift', { migrations: unsettled('pending') }],
  ['migrate.drift', 'critical', 'an edited file', { migrations: unsettled('edited') }],
  ['backup.age', 'ok', 'of today', {}],
  [
    'backup.age',
    'warning',
    'of yesterday',
    { backups: { ...healthy.backups, newest: { ...newest, ageMs: 27 * 3_600_000 } } },
  ],
  [
    'backup.age',
    'critical',
    'three days old',
    { backups: { ...healthy.backups, newest: { ...newest, ageMs: 72 * 3_600_000 } } },
  ],
  ['backup.age', 'critical', 'none in a configured store', { backups: { ...healthy.backups, newest: null } }],
  ['backup.files', 'ok', 'whole', {}],
  [
    'backup.files',
    'critical',
    'a file is gone',
    { backups: { ...healthy.backups, wrongFiles: ['dump/1.gz is missing'] } },
  ],
  [
    'backup.files',
    'warning',
    'an unreadable directory',
    { backups: { ...healthy.backups, damaged: ['/backups/shop/x'] } },
  ],
  ['backup.size', 'ok', 'as usual', {}],
  [
    'backup.size',
    'warning',
    'a tenth',
    { backups: { ...healthy.backups, newest: { ...newest, sizeBytes: 100_000 } } },
  ],
  ['backup.size', 'skipped', 'the first ones', { backups: { ...healthy.backups, earlierSizes: [1] } }],
  ['toolkit.client', 'ok', 'there is one', {}],
  [
    'toolkit.client',
    'warning',
    'there is none',
    { tools: { problem: 'pg_dump was not found', hint: 'Install it.' } },
  ],
];
