import type { Sections, WatchSample } from '../../../health/index.js';
import { formatBytes } from '../../format.js';
import type { Style } from '../../terminal.js';
import { ageText } from './session.js';
import { dataOf, defineTab, sessionsOf, type Detail } from './tab.js';

/** A receiver of WAL, a slot that keeps some, or this standby itself. */
interface ReplicationRow {
  readonly kind: 'this standby' | 'receiver' | 'slot';
  readonly name: string;
  readonly state: string;
  readonly style: Style | undefined;
  /** Behind, or kept. */
  readonly bytes: number | null;
  readonly lagMs: number | null;
  readonly pid: number | null;
  readonly facts: Detail['facts'];
}

/** Who receives WAL, and what is kept for whom. */
export const replicationTab = defineTab<ReplicationRow>({
  title: 'Replication',
  needs: ['replicas', 'slots', 'standby'],
  list: (sample) => [...standbyRow(sample), ...receiverRows(sample), ...slotRows(sample)],
  key: ({ kind, name, pid }) => `${kind} ${name} ${pid ?? ''}`,
  columns: [
    { head: 'kind', width: 12, text: ({ kind }) => kind },
    { head: 'state', width: 14, text: ({ state }) => state, style: ({ style }) => style },
    {
      head: 'behind/kept',
      width: 11,
      align: 'right',
      text: ({ bytes }) => (bytes === null ? '' : formatBytes(bytes)),
    },
    { head: 'lag', width: 9, align: 'right', from: 60, text: ({ lagMs }) => ageText(lagMs) },
    { head: 'name', width: 20, text: ({ name }) => name },
  ],
  sorts: [
    { by: 'bytes', value: ({ bytes }) => bytes ?? -1 },
    { by: 'lag', value: ({ lagMs }) => lagMs ?? -1 },
    { by: 'name', value: ({ name }) => name },
  ],
  words: ({ state, lagMs }) => ({ state, ageMs: lagMs }),
  detail: ({ facts }) => ({ facts }),
  session: ({ pid }, sample) => sessionsOf(sample).find((session) => session.pid === pid),
  copy: ({ name }) => name,
  record: ({ kind, name, state, facts }) => ({ kind, name, state, ...facts }),
  empty: 'nothing receives WAL from this server, and there is no slot',
});

function standbyRow(sample: WatchSample): ReplicationRow[] {
  const standby = dataOf(sample, 'standby');
  if (standby === undefined) return [];
  return [
    {
      kind: 'this standby',
      name: 'replay of what was received',
      state: standby.paused ? 'paused' : 'replaying',
      style: standby.paused ? 'yellow' : undefined,
      bytes: standby.replayLagBytes,
      lagMs: standby.replayLagMs,
      pid: null,
      facts: { ...standby },
    },
  ];
}

function receiverRows(sample: WatchSample): ReplicationRow[] {
  return (dataOf(sample, 'replicas') ?? []).map((replica) => ({
    kind: 'receiver',
    name: `${replica.applicationName ?? ''} ${replica.client ?? 'local'}`.trim(),
    state: replica.state ?? 'hidden',
    style: replica.state === 'streaming' ? 'green' : 'yellow',
    bytes: replica.replayLagBytes,
    lagMs: replica.replayLagMs,
    pid: replica.pid,
    facts: { ...replica },
  }));
}

function slotRows(sample: WatchSample): ReplicationRow[] {
  return (dataOf(sample, 'slots') ?? []).map((slot) => ({
    kind: 'slot',
    name: slot.name,
    state: slotState(slot),
    style: slot.active ? undefined : 'yellow',
    bytes: slot.retainedBytes,
    lagMs: slot.inactiveMs,
    pid: null,
    facts: { ...slot },
  }));
}

function slotState({ active, walStatus }: Sections['slots'][number]): string {
  return walStatus === 'lost' || walStatus === 'unreserved' ? walStatus : active ? 'active' : 'not read';
}
