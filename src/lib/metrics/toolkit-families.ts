import { familyOf, inSeconds, single, type Family } from './family.js';

/** The value of each status in bk_db_check_status. */
const STATUS_VALUES = { ok: 0, info: 0, skipped: 0, warning: 1, critical: 2, unknown: 3 } as const;

/** What only bk-db knows: its checks, migrations and backups. */
export const TOOLKIT_FAMILIES: readonly Family[] = [
  {
    name: 'bk_db_check_status',
    help: 'Result of a health check: 0 ok, 1 warning, 2 critical, 3 unknown.',
    type: 'gauge',
    labels: ['check'],
    read: ({ report }) =>
      report.findings.map(({ id, status }) => ({ value: STATUS_VALUES[status], labels: { check: id } })),
  },
  {
    name: 'bk_db_collector_success',
    help: 'Whether a part of the examination could be read when it was due.',
    type: 'gauge',
    labels: ['collector'],
    read: ({ snapshot, isOutdated }) =>
      Object.entries(snapshot.sections).map(([collector, { state }]) => ({
        value: Number(state !== 'failed' && isOutdated !== true),
        labels: { collector },
      })),
  },
  {
    name: 'bk_db_collector_last_success_timestamp_seconds',
    help: 'When a part of the examination was read last.',
    type: 'gauge',
    labels: ['collector'],
    read: ({ snapshot }) =>
      Object.entries(snapshot.sections)
        .filter(([, { state }]) => state !== 'failed')
        .map(([collector]) => ({ value: inSeconds(snapshot.server.now.getTime()), labels: { collector } })),
  },
  familyOf('migrations', {
    name: 'bk_db_migrations_applied',
    help: 'Migrations that are applied.',
    read: ({ applied }) => single(applied),
  }),
  familyOf('migrations', {
    name: 'bk_db_migrations_pending',
    help: 'Migrations that wait to be applied.',
    read: ({ unsettled }) => single(unsettled.filter(({ state }) => state === 'pending').length),
  }),
  familyOf('migrations', {
    name: 'bk_db_migrations_drifted',
    help: 'Migrations whose file is not what was applied.',
    read: ({ unsettled }) => single(unsettled.filter(({ state }) => state !== 'pending').length),
  }),
  familyOf('backups', {
    name: 'bk_db_backup_retained',
    help: 'Backups of this database in the store.',
    read: ({ count }) => single(count),
  }),
  familyOf('backups', {
    name: 'bk_db_backup_last_success_timestamp_seconds',
    help: 'When the newest backup was finished.',
    read: ({ newest }, { snapshot }) =>
      single(newest === null ? null : inSeconds(snapshot.server.now.getTime() - newest.ageMs)),
  }),
  familyOf('backups', {
    name: 'bk_db_backup_last_verified_timestamp_seconds',
    help: 'When a backup was last restored and compared.',
    read: ({ lastProof }, { snapshot }) =>
      single(lastProof === null ? null : inSeconds(snapshot.server.now.getTime() - lastProof.ageMs)),
  }),
  familyOf('disk', {
    name: 'bk_db_disk_free_bytes',
    help: "What the server may still fill of its data directory's file system.",
    read: ({ freeBytes }) => single(freeBytes),
  }),
  familyOf('disk', {
    name: 'bk_db_disk_size_bytes',
    help: "Size of the data directory's file system.",
    read: ({ totalBytes }) => single(totalBytes),
  }),
  familyOf('backups', {
    name: 'bk_db_backup_size_bytes',
    help: 'Size of the newest backup.',
    read: ({ newest }) => single(newest?.sizeBytes),
  }),
];
