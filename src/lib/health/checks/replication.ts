import { formatBytes, formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, grantMonitor, ok, skipped, unknown, type Outcome } from '../check.js';
import type { ReplicaFacts, SlotFacts } from '../collectors/replication.js';
import type { Threshold } from '../types.js';

const LAG: Threshold = { warning: 10_000, critical: 60_000, unit: 'ms' };
/** A lag in time is judged only when this much is behind: an idle server reports old times. */
const NOTICEABLE_BYTES = 1024 ** 2;
const LAG_BYTES = { warning: 64 * 1024 ** 2, critical: 1024 ** 3, unit: 'bytes' } as const;

const replicaLag = defineCheck({
  id: 'repl.lag',
  title: 'lag of connected standbys',
  needs: ['replicas'],
  threshold: LAG,
  why: 'What a standby has not replayed is lost when the primary is, and reads there are that old. 64 MiB behind is a warning, 1 GiB critical, whatever the time.',
  advice: "Look at the standby's disk, network and long queries that hold replay back.",
  evaluate: ({ replicas, threshold, server }) => {
    if (replicas.length === 0) return skipped('no standby or subscriber is connected');
    const hidden = replicas.filter(({ state }) => state === null);
    const judged = replicas.map((replica) => ({ replica, status: gradeLag(replica, threshold) }));
    const worst =
      judged.find(({ status }) => status === 'critical') ?? judged.find(({ status }) => status === 'warning');
    if (worst === undefined || worst.status === 'ok')
      return hidden.length > 0
        ? unknown(
            `the state of ${plural(hidden.length, 'standby', 'standbys')} cannot be seen`,
            grantMonitor(server),
          )
        : ok(`${plural(replicas.length, 'standby', 'standbys')} in step`);
    const { replica } = worst;
    return found(worst.status, `${replica.applicationName ?? 'a standby'} is ${lagText(replica)} behind`, {
      evidence: replicas.map(({ applicationName, client, state, replayLagBytes, replayLagMs }) => ({
        applicationName,
        client,
        state,
        replayLagBytes,
        replayLagMs,
      })),
      remedy: "Look at the standby's disk, its network, and queries there that hold replay back.",
      sql: ['select * from pg_stat_replication;'],
    });
  },
});

function gradeLag(
  lag: Pick<ReplicaFacts, 'replayLagBytes' | 'replayLagMs'>,
  threshold: Threshold,
): 'ok' | 'warning' | 'critical' {
  const bytes = lag.replayLagBytes ?? 0;
  const grades = [
    grade(bytes, LAG_BYTES),
    bytes >= NOTICEABLE_BYTES ? grade(lag.replayLagMs ?? 0, threshold) : ('ok' as const),
  ];
  return (['critical', 'warning'] as const).find((status) => grades.includes(status)) ?? 'ok';
}

function lagText({
  replayLagBytes,
  replayLagMs,
}: Pick<ReplicaFacts, 'replayLagBytes' | 'replayLagMs'>): string {
  const time = replayLagMs === null ? '' : ` (${formatDuration(replayLagMs)})`;
  return `${formatBytes(replayLagBytes ?? 0)}${time}`;
}

const standbyLag = defineCheck({
  id: 'repl.standby',
  title: 'replay on this standby',
  needs: ['standby'],
  threshold: LAG,
  why: 'A standby that does not replay serves old data and takes long to be promoted. Time counts only while received WAL waits to be replayed.',
  advice: 'Resume a paused replay; look for long queries on the standby that hold it back.',
  evaluate: ({ standby, threshold }) => {
    if (standby.paused)
      return found('warning', `replay is paused, ${lagText(standby)} behind`, {
        remedy: 'Resume it when the pause is no longer wanted.',
        sql: ['select pg_wal_replay_resume();'],
      });
    const status = gradeLag(standby, threshold);
    if (status === 'ok') return ok('all that was received is replayed, or nearly');
    return found(status, `replay is ${lagText(standby)} behind what was received`, {
      evidence: [{ ...standby }],
      remedy: 'Look for long queries on this standby that hold replay back.',
      sql: ['select * from pg_stat_database_conflicts;'],
    });
  },
});

const slots = defineCheck({
  id: 'repl.slots',
  title: 'WAL kept for replication slots',
  needs: ['slots'],
  threshold: { warning: 1024 ** 3, critical: 5 * 1024 ** 3, unit: 'bytes' },
  why: 'A slot makes the server keep WAL until its reader has it. When nobody reads it, the disk fills and the server stops.',
  advice: 'Bring the reader back, or drop the slot; max_slot_wal_keep_size sets a bound.',
  evaluate: ({ slots: all, threshold }) => {
    if (all.length === 0) return skipped('there is no replication slot');
    const judged = all.map((slot) => ({ slot, ...judgeSlot(slot, threshold) }));
    const worst =
      judged.find(({ status }) => status === 'critical') ?? judged.find(({ status }) => status === 'warning');
    if (worst === undefined || worst.status === 'ok') return ok(`${plural(all.length, 'slot')}, none behind`);
    return found(worst.status, `slot ${worst.slot.name} ${worst.reason}`, {
      evidence: all.map(({ name, type, active, retainedBytes, walStatus }) => ({
        name,
        type,
        active,
        retainedBytes,
        walStatus,
      })),
      remedy: 'Bring its reader back; drop the slot when nobody needs it.',
      sql: [`select pg_drop_replication_slot('${worst.slot.name.replaceAll("'", "''")}');`],
    });
  },
});

/** An inactive slot younger than this may be a reader that reconnects. */
const RECONNECT_MS = 600_000;

function judgeSlot(
  slot: SlotFacts,
  threshold: Threshold,
): Pick<Outcome, 'status'> & { status: 'ok' | 'warning' | 'critical'; reason: string } {
  const kept = slot.retainedBytes ?? 0;
  if (slot.walStatus === 'lost') return { status: 'critical', reason: 'has lost WAL that its reader needs' };
  if (slot.walStatus === 'unreserved')
    return { status: 'critical', reason: 'is about to lose WAL that its reader needs' };
  const bySize = grade(kept, threshold);
  const state = slot.active ? '' : ', and nobody reads it';
  if (bySize !== 'ok') return { status: bySize, reason: `keeps ${formatBytes(kept)} of WAL${state}` };
  const idle =
    !slot.active && slot.retainedBytes !== null && (slot.inactiveMs ?? RECONNECT_MS) >= RECONNECT_MS;
  return idle
    ? { status: 'warning', reason: `is not read by anybody and keeps ${formatBytes(kept)} of WAL` }
    : { status: 'ok', reason: '' };
}

const archiver = defineCheck({
  id: 'wal.archiver',
  title: 'WAL archiving',
  needs: ['archiver'],
  threshold: { warning: 0, critical: 900_000, unit: 'ms' },
  why: 'While archiving fails, WAL piles up on the disk, and a restore to a point in time ends at the last archived file.',
  advice: "Run archive_command by hand, and read the server's log.",
  evaluate: ({ archiver: facts, threshold }) => {
    if (!facts.enabled) return skipped('WAL archiving is off (archive_mode)');
    const { lastArchivedAt, lastFailedAt } = facts;
    if (lastFailedAt === null || (lastArchivedAt !== null && lastArchivedAt > lastFailedAt))
      return ok(
        lastArchivedAt === null ? 'nothing had to be archived yet' : 'the last WAL file was archived',
      );
    const status = grade(facts.withoutSuccessMs, threshold) === 'critical' ? 'critical' : 'warning';
    return found(status, `archiving fails, no success for ${formatDuration(facts.withoutSuccessMs)}`, {
      evidence: [
        {
          lastFailedWal: facts.lastFailedWal,
          lastFailedAt: lastFailedAt.toISOString(),
          lastArchivedAt: lastArchivedAt?.toISOString() ?? null,
          failedCount: facts.failedCount,
        },
      ],
      remedy: "Run archive_command by hand for the failed file, and read the server's log.",
      sql: ['show archive_command;', 'select * from pg_stat_archiver;'],
    });
  },
});

/** Checks of replication and archiving. */
export const replicationChecks = [replicaLag, standbyLag, slots, archiver] as const;
