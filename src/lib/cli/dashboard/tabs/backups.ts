import type { Sections } from '../../../health/index.js';
import { formatBytes, formatCount, formatDuration, formatTime } from '../../format.js';
import { dataOf, defineTab } from './tab.js';

type BackupRow = Sections['backups']['latest'][number];

/** The store's backups of this database, newest first. */
export const backupsTab = defineTab<BackupRow>({
  title: 'Backups',
  needs: ['backups'],
  list: (sample) => dataOf(sample, 'backups')?.latest ?? [],
  key: ({ id }) => id,
  columns: [
    { head: 'finished', width: 20, text: ({ finishedAt }) => formatTime(finishedAt) },
    { head: 'size', width: 9, align: 'right', text: ({ totals }) => formatBytes(totals.sizeBytes) },
    { head: 'tables', width: 7, align: 'right', from: 80, text: ({ totals }) => formatCount(totals.tables) },
    { head: 'rows', width: 12, align: 'right', from: 100, text: ({ totals }) => countText(totals.rows) },
    {
      head: 'took',
      width: 9,
      align: 'right',
      from: 60,
      text: ({ durations }) => formatDuration(durations.totalMs),
    },
    { head: 'format', width: 10, from: 90, text: ({ format }) => format },
    { head: 'remark', width: 14, from: 120, text: remark },
    { head: 'id', width: 22, text: ({ id }) => id },
  ],
  sorts: [
    { by: 'age', value: ({ finishedAt }) => Date.parse(finishedAt) },
    { by: 'size', value: ({ totals }) => totals.sizeBytes },
  ],
  words: (backup) => ({ texts: [backup.label, remark(backup)], db: backup.database }),
  detail: (backup) => ({
    facts: {
      id: backup.id,
      path: backup.path,
      database: backup.database,
      label: backup.label,
      began: formatTime(backup.startedAt),
      finished: formatTime(backup.finishedAt),
      took: formatDuration(backup.durations.totalMs),
      size: formatBytes(backup.totals.sizeBytes),
      tables: formatCount(backup.totals.tables),
      rows: countText(backup.totals.rows),
      format: `${backup.format}, ${backup.compression.algorithm}`,
      encrypted: backup.encryption !== null,
      'every row was read back': backup.fingerprint,
      'server version': backup.serverVersion,
      'last migration': backup.schemaVersion,
      pinned: backup.pinned === null ? null : `${formatTime(backup.pinned.at)} ${backup.pinned.reason ?? ''}`,
    },
  }),
  copy: ({ path }) => path,
  record: (backup) => ({ ...backup }),
  empty: 'the store holds no backup of this database',
});

function countText(count: number | null): string {
  return count === null ? 'not counted' : formatCount(count);
}

function remark({ pinned, encryption, options }: BackupRow): string {
  const remarks = [
    options.selection === null ? '' : 'part',
    pinned === null ? '' : 'pinned',
    encryption === null ? '' : 'encrypted',
  ];
  return remarks.filter((word) => word !== '').join(', ');
}
