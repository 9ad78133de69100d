import type { Fixtures } from '../fixtures.js';
import { score } from '../numbers.js';
import { DAY_MS, HOUR_MS, plus } from '../timeline.js';

/** Nodes in a unit of scale. */
export const NODES_PER_UNIT = 60;

const CAPABILITIES = ['propose', 'veto', 'audit', 'fund', 'mediate', 'publish'];

type NodeKind = 'organization' | 'system' | 'human' | 'agent';

export interface PowerNode {
  readonly k: number;
  readonly id: string;
  readonly key: string;
  readonly kind: NodeKind;
  readonly createdAt: Date;
}

/** Node `k`: of 60, 10 organizations, 5 systems, 15 humans and 30 agents; all exist ten days into the period. */
export function planNode(fixtures: Fixtures, k: number): PowerNode {
  const random = fixtures.random('power_dynamics.nodes', k);
  const createdAt = plus(fixtures.timeline.start, random.unit() * 10 * DAY_MS);
  const kind = kindOf(k % NODES_PER_UNIT);
  return { k, id: random.uuid(createdAt), key: `${kind}-${String(k + 1).padStart(4, '0')}`, kind, createdAt };
}

function kindOf(inUnit: number): NodeKind {
  if (inUnit < 10) return 'organization';
  if (inUnit < 15) return 'system';
  return inUnit < 30 ? 'human' : 'agent';
}

/** The row of `power_dynamics.nodes`; its power comes from the ledger. */
export function nodeRow(fixtures: Fixtures, node: PowerNode) {
  const random = fixtures.random('power_dynamics.nodes.row', node.k);
  return {
    id: node.id,
    node_key: node.key,
    kind: node.kind,
    display_name: `${node.kind.charAt(0).toUpperCase()}${node.kind.slice(1)} ${node.k + 1}`,
    influence_score: score(0.5 + 0.18 * random.normal()),
    reputation_score: score(0.6 + 0.15 * random.normal()),
    capabilities: random.sample(CAPABILITIES, random.integer(1, 3)),
    resources: { budget: random.integer(1, 90) * 1_000 },
    is_active: true,
    last_active_at: fixtures.timeline.before(random.integer(1, 72) * HOUR_MS),
    metadata: { structure: random.pick(['institutional', 'economic', 'political', 'social']) },
    created_at: node.createdAt,
    updated_at: node.createdAt,
  };
}
