import type { Aggregate, Fixtures, Row } from '../fixtures.js';
import { rounded, score } from '../numbers.js';
import { at } from '../random.js';
import { DAY_MS, HOUR_MS, plus, SECOND_MS } from '../timeline.js';
import { JUDGES, type Judge } from '../vocabulary.js';

const MAX_NODES = 100;

/** How much each framework counts for a voter, in the order of JUDGES. */
const PROFILES = [
  ['empirical-first', [0.35, 0.2, 0.15, 0.1, 0.1, 0.1]],
  ['skeptical', [0.25, 0.15, 0.3, 0.2, 0.05, 0.05]],
  ['pragmatic', [0.2, 0.15, 0.1, 0.1, 0.35, 0.1]],
  ['interpretivist', [0.1, 0.4, 0.1, 0.2, 0.1, 0.1]],
  ['balanced', [0.17, 0.17, 0.17, 0.17, 0.16, 0.16]],
] as const;

/** The sixth node learns, the seventh watches: it has been cut off. */
const LEARNER = 5;
const OBSERVER = 6;

export interface ConsensusNode {
  readonly n: number;
  readonly id: string;
  readonly key: string;
  readonly role: 'proposer' | 'acceptor' | 'learner' | 'observer';
  readonly weights: Readonly<Record<Judge, number>>;
  /** Its weight as an elector. */
  readonly reputation: number;
  readonly createdAt: Date;
}

/** How many nodes there are at a scale: they grow with its square root, to a hundred at most. */
export function nodeCount(scale: number): number {
  return Math.min(MAX_NODES, Math.round(7 * Math.sqrt(scale)));
}

function planNode(fixtures: Fixtures, n: number): ConsensusNode {
  const random = fixtures.random('consensus.nodes', n);
  const createdAt = plus(fixtures.timeline.start, random.unit() * DAY_MS);
  const [profile, weights] = at(PROFILES, n % PROFILES.length);
  return {
    n,
    id: random.uuid(createdAt),
    key:
      n < LEARNER ? profile : `${n === LEARNER ? 'learner' : n === OBSERVER ? 'observer' : profile}-${n + 1}`,
    role: roleOf(n),
    weights: Object.fromEntries(JUDGES.map((judge, index) => [judge, weights[index] ?? 0])) as Record<
      Judge,
      number
    >,
    reputation: rounded(0.6 + 0.35 * random.unit(), 2),
    createdAt,
  };
}

function roleOf(n: number): ConsensusNode['role'] {
  if (n === LEARNER) return 'learner';
  if (n === OBSERVER) return 'observer';
  return n % PROFILES.length === 0 || n % PROFILES.length === 4 ? 'proposer' : 'acceptor';
}

/** The nodes that may vote at a scale. */
export function voters(fixtures: Fixtures, scale: number): ConsensusNode[] {
  return Array.from({ length: nodeCount(scale) }, (_, n) => planNode(fixtures, n)).filter(
    ({ role }) => role === 'proposer' || role === 'acceptor',
  );
}

/** Node `n`, with the trust between it and every earlier node, and what the log tells of it. */
export function nodeAggregate(fixtures: Fixtures, n: number): Aggregate {
  const node = planNode(fixtures, n);
  return {
    root: 'consensus.nodes',
    id: node.id,
    key: node.key,
    rows: {
      'consensus.nodes': [nodeRow(fixtures, node)],
      'consensus.node_trust': trustRows(fixtures, node),
      'consensus.state_log': logRows(fixtures, node),
    },
  };
}

function nodeRow(fixtures: Fixtures, node: ConsensusNode) {
  const random = fixtures.random('consensus.nodes.row', node.n);
  const quarantined = node.n === OBSERVER;
  return {
    id: node.id,
    node_key: node.key,
    address: `10.20.${Math.floor(node.n / 200)}.${10 + (node.n % 200)}:7400`,
    role: node.role,
    status: quarantined ? 'quarantined' : 'active',
    philosophical_weights: node.weights,
    domain_expertise: {
      [random.pick(['empirical', 'ethical', 'logical', 'social'])]: rounded(0.6 + 0.4 * random.unit(), 2),
    },
    metadata: quarantined ? { reason: 'contradictory votes' } : {},
    reputation: node.reputation,
    failure_score: quarantined ? 0.83 : rounded(0.1 * random.unit()),
    last_ballot: 0,
    applied_index: 0,
    last_heartbeat_at: fixtures.timeline.before(
      quarantined ? 20 * DAY_MS : random.integer(1, 20) * SECOND_MS,
    ),
    created_at: node.createdAt,
    updated_at: fixtures.timeline.before(HOUR_MS),
  };
}

function trustRows(fixtures: Fixtures, node: ConsensusNode): Row[] {
  return Array.from({ length: node.n }, (_, other) => planNode(fixtures, other)).flatMap((earlier) =>
    [
      [node, earlier],
      [earlier, node],
    ].flatMap(([truster = node, trustee = node]) =>
      JUDGES.map((framework) => {
        const random = fixtures.random('consensus.node_trust', `${truster.n}/${trustee.n}/${framework}`);
        const likeness = 1 - Math.abs(truster.weights[framework] - trustee.weights[framework]);
        return {
          truster_id: truster.id,
          trustee_id: trustee.id,
          framework,
          score: score(0.45 * likeness + 0.2 + 0.08 * random.normal()),
          observations: random.integer(3, 60),
          updated_at: fixtures.timeline.before(random.integer(1, 40) * DAY_MS),
        };
      }),
    ),
  );
}

function logRows(fixtures: Fixtures, { n, id, key }: ConsensusNode): Row[] {
  const entry = (kind: string, payload: object, recordedAt: Date) => [
    { kind, proposal_id: null, term: 0, payload, recorded_by: 'bk-db seed', recorded_at: recordedAt },
  ];
  if (n === OBSERVER)
    return entry(
      'membership_changed',
      { node_key: key, node_id: id, status: 'quarantined' },
      fixtures.timeline.before(20 * DAY_MS),
    );
  if (n === 0)
    return entry('trust_updated', { truster: key, rounds: 12 }, fixtures.timeline.before(30 * DAY_MS));
  if (n === 4)
    return entry('config_changed', { quorum_fraction: 0.6 }, plus(fixtures.timeline.start, 2 * DAY_MS));
  return [];
}
