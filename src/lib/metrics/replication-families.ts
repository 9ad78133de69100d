import { familyOf, inSeconds, single, type Family, type Sample } from './family.js';

/** A label and its value, none where the value is hidden. */
function labelled(label: string, name: string | null, value: number | null): Sample[] {
  return value === null ? [] : [{ value, labels: { [label]: name ?? '' } }];
}

/** Replication, archiving and sequences. */
export const REPLICATION_FAMILIES: readonly Family[] = [
  familyOf('replicas', {
    name: 'bk_db_replication_lag_bytes',
    help: 'WAL that a connected standby or subscriber has not replayed.',
    labels: ['application', 'pid'],
    read: (replicas) =>
      replicas.flatMap(({ applicationName, pid, replayLagBytes }) =>
        labelled('application', applicationName, replayLagBytes).map(({ value, labels }) => ({
          value,
          labels: { ...labels, pid: String(pid) },
        })),
      ),
  }),
  familyOf('standby', {
    name: 'bk_db_standby_replay_lag_seconds',
    help: 'How far this standby is behind what it has received.',
    read: ({ replayLagMs }) => single(inSeconds(replayLagMs ?? 0)),
  }),
  familyOf('slots', {
    name: 'bk_db_slot_retained_bytes',
    help: 'WAL kept for a replication slot.',
    labels: ['slot'],
    read: (slots) => slots.flatMap(({ name, retainedBytes }) => labelled('slot', name, retainedBytes)),
  }),
  familyOf('slots', {
    name: 'bk_db_slot_active',
    help: 'Whether a replication slot is being read.',
    labels: ['slot'],
    read: (slots) => slots.flatMap(({ name, active }) => labelled('slot', name, Number(active))),
  }),
  familyOf('archiver', {
    name: 'bk_db_wal_bytes_total',
    help: 'WAL written since the cluster began; on a standby what was replayed.',
    type: 'counter',
    read: ({ walBytes }) => single(walBytes),
  }),
  familyOf('checkpoints', {
    name: 'bk_db_checkpoints_total',
    help: 'Checkpoints by what made them begin.',
    type: 'counter',
    labels: ['trigger'],
    read: ({ timed, requested }) => [
      { value: timed, labels: { trigger: 'timed' } },
      { value: requested, labels: { trigger: 'requested' } },
    ],
  }),
  familyOf('archiver', {
    name: 'bk_db_archiver_failed_total',
    help: 'Failed attempts to archive a WAL file.',
    type: 'counter',
    read: ({ failedCount }) => single(failedCount),
  }),
  familyOf('archiver', {
    name: 'bk_db_archiver_last_success_timestamp_seconds',
    help: 'When a WAL file was last archived.',
    read: ({ lastArchivedAt }) =>
      single(lastArchivedAt === null ? null : inSeconds(lastArchivedAt.getTime())),
  }),
  familyOf('sequences', {
    name: 'bk_db_sequence_used_ratio',
    help: 'Share of a sequence, or of the column it fills, that is used up; only from a half on.',
    labels: ['sequence'],
    read: ({ fullest }) =>
      fullest.flatMap(({ schema, name, usedPercent }) =>
        labelled('sequence', `${schema}.${name}`, usedPercent / 100),
      ),
  }),
];
