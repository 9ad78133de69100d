import type { Fixtures } from '../fixtures.js';
import { rounded } from '../numbers.js';
import { DAY_MS, plus } from '../timeline.js';
import { planNode, NODES_PER_UNIT, type PowerNode } from './nodes.js';

/** The heads of a unit's hierarchies: its first nodes. */
const HIERARCHIES = 6;
const KINDS = [
  ['influence', 30],
  ['collaborative', 30],
  ['dependency', 25],
  ['competitive', 15],
] as const;

/** The rows of `power_dynamics.relations` that came with a node: to its superior, and to at most four earlier nodes. */
export function relationRows(fixtures: Fixtures, node: PowerNode) {
  const inUnit = node.k % NODES_PER_UNIT;
  const random = fixtures.random('power_dynamics.relations', node.k);
  const superior =
    inUnit < HIERARCHIES
      ? []
      : [
          relationRow(
            fixtures,
            { kind: 'hierarchical', source: earlier(node.k - inUnit, inUnit / 3), target: node },
            0,
          ),
        ];
  const others = new Set<number>();
  // The older a node, the more relations it attracts: as the square root of age, like preferential attachment.
  for (let n = 0; n < 4 && node.k > 0; n++) others.add(Math.floor(node.k * random.unit() ** 2));
  return [
    ...superior,
    ...[...others].map((k, n) =>
      relationRow(
        fixtures,
        { kind: random.weighted(KINDS), source: node, target: planNode(fixtures, k) },
        n + 1,
      ),
    ),
  ];

  function earlier(first: number, count: number): PowerNode {
    return planNode(fixtures, first + Math.floor(random.unit() * count));
  }
}

interface Edge {
  readonly kind: string;
  readonly source: PowerNode;
  readonly target: PowerNode;
}

export type RelationRow = ReturnType<typeof relationRow>;

function relationRow(fixtures: Fixtures, { kind, source, target }: Edge, n: number) {
  const newer = Math.max(source.k, target.k);
  const random = fixtures.random('power_dynamics.relations.row', `${newer}/${n}`);
  const establishedAt = plus(fixtures.timeline.start, (11 + 60 * random.unit()) * DAY_MS);
  const symmetric = kind === 'collaborative' || kind === 'competitive';
  const swap = symmetric && source.id > target.id;
  return {
    id: random.uuid(establishedAt),
    source_id: swap ? target.id : source.id,
    target_id: swap ? source.id : target.id,
    kind,
    strength: rounded(0.15 + 0.85 * random.unit()),
    reciprocity: symmetric ? 1 : rounded(2 * random.unit() - 1),
    influence_weight: rounded(random.logNormal(1, 0.4)),
    resource_flow: kind === 'dependency' ? { budget: random.integer(1, 20) * 100 } : {},
    established_at: establishedAt,
    dissolved_at: kind !== 'hierarchical' && random.chance(0.06) ? plus(establishedAt, 15 * DAY_MS) : null,
    metadata: {},
    created_at: establishedAt,
    updated_at: establishedAt,
  };
}
