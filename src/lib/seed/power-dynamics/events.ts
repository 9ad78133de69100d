import type { Fixtures } from '../fixtures.js';
import { rounded } from '../numbers.js';
import { at } from '../random.js';
import { DAY_MS, plus } from '../timeline.js';
import type { Coalition } from './coalitions.js';
import { fromMillionths, type Entry } from './ledger.js';
import type { PowerNode } from './nodes.js';

const TRANSFER_EVENTS = 62;
const CONFLICTS = 10;
const INFLUENCE_CHANGES = 31;

export interface PowerEvent {
  readonly id: string;
  readonly kind: string;
  readonly initiator: PowerNode;
  readonly others: readonly PowerNode[];
  readonly coalitionId?: string | undefined;
  readonly resolvesId?: string | undefined;
  /** The ledger entry that the event explains. */
  readonly entryKey?: string | undefined;
  readonly data: object;
  readonly impact: number;
  readonly startedAt: Date;
  readonly endedAt?: Date | undefined;
}

export interface UnitMaterial {
  readonly unit: number;
  readonly nodes: readonly PowerNode[];
  readonly entries: readonly Entry[];
  readonly coalitions: readonly Coalition[];
}

/** A unit's 120 events: transfers, coalitions, conflicts of which the last is unresolved, changes of influence. */
export function planEvents(fixtures: Fixtures, material: UnitMaterial): PowerEvent[] {
  return [
    ...transferEvents(fixtures, material),
    ...coalitionEvents(fixtures, material),
    ...conflictEvents(fixtures, material),
    ...influenceEvents(fixtures, material),
  ];
}

function transferEvents(fixtures: Fixtures, { entries, nodes }: UnitMaterial): PowerEvent[] {
  const transfers = entries.filter(({ kind }) => kind === 'transfer').slice(0, TRANSFER_EVENTS);
  return transfers.map((entry) => ({
    id: fixtures.random('power_dynamics.events', entry.key).uuid(entry.at),
    kind: 'power_transfer',
    initiator: entry.from ?? entry.to,
    others: [entry.to],
    entryKey: entry.key,
    data: { amount: fromMillionths(entry.amount) },
    impact: rounded(Math.min(1, entry.amount / 1e6 / (nodes.length * 2))),
    startedAt: entry.at,
    endedAt: entry.at,
  }));
}

function coalitionEvents(fixtures: Fixtures, { coalitions, nodes }: UnitMaterial): PowerEvent[] {
  return coalitions.flatMap(({ id, members, formedAt, dissolvedAt }) => {
    const shared = {
      initiator: at(members, 0),
      others: members.slice(1),
      coalitionId: id,
      data: { members: members.length },
      impact: rounded(members.length / nodes.length),
    };
    const event = (kind: string, startedAt: Date) => ({
      ...shared,
      id: fixtures.random('power_dynamics.events', `${kind}/${id}`).uuid(startedAt),
      kind,
      startedAt,
      endedAt: startedAt,
    });
    return [
      event('coalition_formed', formedAt),
      ...(dissolvedAt === undefined ? [] : [event('coalition_dissolved', dissolvedAt)]),
    ];
  });
}

function conflictEvents(fixtures: Fixtures, { unit, nodes }: UnitMaterial): PowerEvent[] {
  return Array.from({ length: CONFLICTS }, (_, n) => n).flatMap((n) => {
    const random = fixtures.random('power_dynamics.events', `conflict/${unit}/${n}`);
    const [initiator, ...others] = random.sample(nodes, random.integer(2, 4));
    if (initiator === undefined) return [];
    const startedAt = plus(fixtures.timeline.start, (15 + 60 * random.unit()) * DAY_MS);
    const resolvedAt = plus(startedAt, (1 + 9 * random.unit()) * DAY_MS);
    const id = random.uuid(startedAt);
    const impact = rounded(0.2 + 0.6 * random.unit());
    const data = { over: random.pick(['budget', 'jurisdiction', 'methods']) };
    const started = { id, kind: 'conflict_started', initiator, others, data, impact, startedAt };
    if (n === CONFLICTS - 1) return [started];
    const resolution = fixtures.random('power_dynamics.events', `resolution/${unit}/${n}`).uuid(resolvedAt);
    return [
      { ...started, endedAt: resolvedAt },
      {
        ...started,
        id: resolution,
        kind: 'conflict_resolved',
        resolvesId: id,
        startedAt: resolvedAt,
        endedAt: resolvedAt,
      },
    ];
  });
}

function influenceEvents(fixtures: Fixtures, { unit, nodes }: UnitMaterial): PowerEvent[] {
  return Array.from({ length: INFLUENCE_CHANGES }, (_, n) => {
    const random = fixtures.random('power_dynamics.events', `influence/${unit}/${n}`);
    const startedAt = plus(fixtures.timeline.start, (12 + 75 * random.unit()) * DAY_MS);
    return {
      id: random.uuid(startedAt),
      kind: 'influence_change',
      initiator: random.pick(nodes),
      others: [],
      data: { delta: rounded(0.1 * random.normal()) },
      impact: rounded(0.1 * random.unit()),
      startedAt,
      endedAt: startedAt,
    };
  });
}

/** The row of `power_dynamics.events`. */
export function eventRow(event: PowerEvent) {
  return {
    id: event.id,
    kind: event.kind,
    initiator_id: event.initiator.id,
    coalition_id: event.coalitionId ?? null,
    resolves_id: event.resolvesId ?? null,
    data: event.data,
    outcome: event.kind === 'conflict_resolved' ? { agreement: 'shared responsibility' } : null,
    impact_score: event.impact,
    started_at: event.startedAt,
    ended_at: event.endedAt ?? null,
  };
}

/** The rows of `power_dynamics.event_participants`. */
export function participantRows({ id, kind, initiator, others }: PowerEvent) {
  return [
    { event_id: id, node_id: initiator.id, role: 'initiator' },
    ...others.map((node) => ({
      event_id: id,
      node_id: node.id,
      role: kind === 'power_transfer' ? 'affected' : 'participant',
    })),
  ];
}
