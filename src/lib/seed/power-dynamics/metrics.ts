import type { Fixtures } from '../fixtures.js';
import { rounded } from '../numbers.js';
import { DAY_MS } from '../timeline.js';
import type { UnitMaterial, PowerEvent } from './events.js';
import { fromMillionths, type Entry } from './ledger.js';
import { nodeRow, type PowerNode } from './nodes.js';
import type { RelationRow } from './relations.js';

const DAYS = 30;

export interface Network extends UnitMaterial {
  readonly relations: readonly RelationRow[];
  readonly events: readonly PowerEvent[];
}

/** The rows of `power_dynamics.node_metrics`: a node's place in its unit's network, daily over the last 30 days. */
export function metricRows(fixtures: Fixtures, network: Network, node: PowerNode) {
  const { influence_score, reputation_score } = nodeRow(fixtures, node);
  const related = network.relations.filter(
    ({ source_id, target_id }) => source_id === node.id || target_id === node.id,
  );
  return Array.from({ length: DAYS }, (_, day) => {
    const measuredAt = fixtures.timeline.before((DAYS - day) * DAY_MS);
    const live = related.filter((relation) => isLive(relation, measuredAt));
    const power = balance(network.entries, node, measuredAt);
    return {
      node_id: node.id,
      measured_at: measuredAt,
      power: fromMillionths(power),
      power_share: rounded(power / total(network.entries), 6),
      influence_score,
      reputation_score,
      in_degree: live.filter(({ target_id }) => target_id === node.id).length,
      out_degree: live.filter(({ source_id }) => source_id === node.id).length,
      degree_centrality: rounded(live.length / (network.nodes.length - 1)),
      strength_sum: rounded(live.reduce((sum, { strength }) => sum + strength, 0)),
      coalition_count: network.coalitions.filter(
        ({ members, formedAt, dissolvedAt }) =>
          members.includes(node) &&
          formedAt <= measuredAt &&
          (dissolvedAt === undefined || dissolvedAt > measuredAt),
      ).length,
      conflict_count: network.events.filter(
        ({ kind, initiator, others, startedAt, endedAt }) =>
          kind === 'conflict_started' &&
          (initiator === node || others.includes(node)) &&
          startedAt <= measuredAt &&
          (endedAt === undefined || endedAt > measuredAt),
      ).length,
    };
  });
}

function isLive({ established_at, dissolved_at }: RelationRow, instant: Date): boolean {
  return established_at <= instant && (dissolved_at === null || dissolved_at > instant);
}

function balance(entries: readonly Entry[], node: PowerNode, instant: Date): number {
  return entries.reduce((sum, { from, to, amount, at }) => {
    if (at > instant) return sum;
    return sum + (to === node ? amount : 0) - (from === node ? amount : 0);
  }, 0);
}

function total(entries: readonly Entry[]): number {
  return entries.reduce((sum, { kind, amount }) => sum + (kind === 'grant' ? amount : 0), 0);
}
