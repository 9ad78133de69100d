import type { Fixtures } from '../fixtures.js';
import { at } from '../random.js';
import { DAY_MS, plus } from '../timeline.js';
import type { PowerNode } from './nodes.js';

const COALITIONS_PER_UNIT = 6;
const DISSOLVED_PER_UNIT = 2;
const PURPOSES = [
  ['Open data alliance', 'publish the evidence behind decisions'],
  ['Budget watch', 'keep spending within the plan'],
  ['Mediation circle', 'settle conflicts before they are voted on'],
  ['Resilience pact', 'share resources in an outage'],
  ['Method reform', 'change how frameworks are weighted'],
  ['Rural voices', 'balance the influence of large nodes'],
] as const;

export interface Coalition {
  readonly id: string;
  readonly n: number;
  readonly members: readonly PowerNode[];
  readonly formedAt: Date;
  readonly dissolvedAt: Date | undefined;
}

/** A unit's six coalitions, two of them dissolved. */
export function planCoalitions(fixtures: Fixtures, unit: number, nodes: readonly PowerNode[]): Coalition[] {
  return Array.from({ length: COALITIONS_PER_UNIT }, (_, inUnit) => {
    const n = unit * COALITIONS_PER_UNIT + inUnit;
    const random = fixtures.random('power_dynamics.coalitions', n);
    const formedAt = plus(fixtures.timeline.start, (12 + 30 * random.unit()) * DAY_MS);
    const dissolvedAt =
      inUnit < DISSOLVED_PER_UNIT ? plus(formedAt, (10 + 20 * random.unit()) * DAY_MS) : undefined;
    return {
      id: random.uuid(formedAt),
      n,
      members: random.sample(nodes, random.integer(4, 8)),
      formedAt,
      dissolvedAt,
    };
  });
}

/** The row of `power_dynamics.coalitions`. */
export function coalitionRow({ id, n, members, formedAt, dissolvedAt }: Coalition) {
  const [name, purpose] = at(PURPOSES, n % PURPOSES.length);
  return {
    id,
    coalition_key: `coalition-${String(n + 1).padStart(3, '0')}`,
    name: n < PURPOSES.length ? name : `${name} ${Math.floor(n / PURPOSES.length) + 1}`,
    purpose,
    founder_id: at(members, 0).id,
    min_members: 2,
    formed_at: formedAt,
    dissolved_at: dissolvedAt ?? null,
    dissolution_reason: dissolvedAt === undefined ? null : 'purpose fulfilled',
    data: {},
    created_at: formedAt,
    updated_at: dissolvedAt ?? formedAt,
  };
}

/** The rows of `power_dynamics.coalition_members`; of every third coalition the last member has left. */
export function memberRows({ id, n, members, formedAt, dissolvedAt }: Coalition) {
  return members.map((node, rank) => ({
    coalition_id: id,
    node_id: node.id,
    joined_at: plus(formedAt, rank < 3 ? 0 : rank * DAY_MS),
    left_at: dissolvedAt ?? (n % 3 === 2 && rank === members.length - 1 ? plus(formedAt, 20 * DAY_MS) : null),
    contribution: `${(members.length - rank) * 5}.000000`,
  }));
}
