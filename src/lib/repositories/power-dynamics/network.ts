import { bindList, raw, RepositoryError, sql, type Executor, type Fragment } from '../base/index.js';
import { countComponents, createGraph, type Graph } from './graph.js';
import { nodes, relations } from './tables.js';
import {
  clusteringSchema,
  degreeSchema,
  influenceSchema,
  powerConcentrationSchema,
  reachSchema,
  type Clustering,
  type Degree,
  type Influence,
  type NetworkSummary,
  type PowerConcentration,
  type Reach,
} from './types.js';
import type { RelationKind } from './vocabulary.js';

const LABELS = { operation: 'select', table: relations } as const;

/** Live relations between active nodes, each direction once. */
export const ACTIVE_EDGES = raw(`(select distinct e.a, e.b from power_dynamics.live_edges e
    join power_dynamics.nodes na on na.id = e.a and na.is_active
    join power_dynamics.nodes nb on nb.id = e.b and nb.is_active)`);

/** The active nodes and their live relations. */
export async function loadGraph(executor: Executor): Promise<Graph> {
  const ids = await executor.rows<{ readonly id: string }>(
    { ...LABELS, method: 'loadGraph', table: nodes },
    sql`select id from power_dynamics.nodes where is_active order by id`,
  );
  const edges = await executor.rows<{ readonly a: string; readonly b: string }>(
    { ...LABELS, method: 'loadGraph' },
    sql`select a, b from ${ACTIVE_EDGES} edges`,
  );
  return createGraph(
    ids.map(({ id }) => id),
    edges,
  );
}

/** How connected each active node is, the most connected first. */
export async function degreeCentrality(
  executor: Executor,
  { kinds }: { readonly kinds?: readonly RelationKind[] } = {},
): Promise<Degree[]> {
  return executor.rows(
    { ...LABELS, method: 'degreeCentrality', row: degreeSchema },
    sql`with edges as (select e.a, e.b from power_dynamics.live_edges e where true ${ofKinds(kinds)}),
        outgoing as (select a as id, count(*)::int as degree from edges group by a),
        incoming as (select b as id, count(*)::int as degree from edges group by b)
      select n.id as node_id, coalesce(i.degree, 0) as in_degree, coalesce(o.degree, 0) as out_degree,
        coalesce((coalesce(i.degree, 0) + coalesce(o.degree, 0)) / nullif(count(*) over () - 1, 0)::float8, 0) as centrality
      from power_dynamics.nodes n left join incoming i on i.id = n.id left join outgoing o on o.id = n.id
      where n.is_active order by centrality desc, n.id`,
  );
}

/** The network of active nodes and live relations as a whole. */
export async function networkSummary(executor: Executor): Promise<NetworkSummary> {
  const graph = await loadGraph(executor);
  const total = graph.ids.length;
  const edges = graph.next.reduce((sum, targets) => sum + targets.length, 0);
  const targets = graph.next.map((list) => new Set(list));
  const mutual = graph.next.reduce(
    (sum, list, from) => sum + list.filter((to) => targets[to]?.has(from) === true).length,
    0,
  );
  return {
    nodes: total,
    edges,
    density: total < 2 ? 0 : edges / (total * (total - 1)),
    reciprocity: edges === 0 ? 0 : mutual / edges,
    components: countComponents(graph),
  };
}

export interface WalkOptions {
  /** How many steps at most. */
  readonly maxHops?: number;
  /** Along these kinds of relations only. */
  readonly kinds?: readonly RelationKind[];
}

/** Every node that can be reached along live relations, the nearest first, without the start itself. */
export async function reachable(
  executor: Executor,
  from: string,
  { maxHops = 12, kinds }: WalkOptions = {},
): Promise<Reach[]> {
  // The pair of node and depth is remembered, never the path: the paths of a network are without number.
  return executor.rows(
    { ...LABELS, method: 'reachable', row: reachSchema },
    sql`with recursive walk (node, depth) as (
        select ${from}::uuid, 0
        union
        select e.b, w.depth + 1 from walk w join power_dynamics.live_edges e on e.a = w.node
        where w.depth < ${hopLimit(maxHops, 100)} and e.b <> ${from} ${ofKinds(kinds)}
      )
      select node as node_id, min(depth) as hops from walk where depth > 0 group by node order by hops, node`,
  );
}

/** The ids along a shortest path, both ends included; null when there is none of that length. */
export async function shortestPath(
  executor: Executor,
  { from, to }: { readonly from: string; readonly to: string },
  { maxHops = 12, kinds }: WalkOptions = {},
): Promise<string[] | null> {
  const path = await executor.rows<{ readonly node: string }>(
    { ...LABELS, method: 'shortestPath' },
    sql`with recursive walk (node, depth) as (
        select ${from}::uuid, 0
        union
        select e.b, w.depth + 1 from walk w join power_dynamics.live_edges e on e.a = w.node
        where w.depth < ${hopLimit(maxHops, 100)} and w.node <> ${to} ${ofKinds(kinds)}
      ), nearest (node, depth) as (
        select node, min(depth) from walk group by node
      ), back (node, depth) as (
        select node, depth from nearest where node = ${to}
        union all
        select p.node, p.depth from back b cross join lateral (
          select n.node, n.depth from nearest n join power_dynamics.live_edges e on e.a = n.node and e.b = b.node
          where n.depth = b.depth - 1 ${ofKinds(kinds)}
          order by n.node limit 1) p
      )
      select node from back order by depth`,
  );
  return path.length === 0 ? null : path.map(({ node }) => node);
}

/** Whom a node influences along at most so many steps (3, never more than 5), the most influenced first. */
export async function influenceFrom(
  executor: Executor,
  id: string,
  { maxHops = 3, kinds }: WalkOptions = {},
): Promise<Influence[]> {
  return executor.rows(
    { ...LABELS, method: 'influenceFrom', row: influenceSchema },
    sql`with recursive walk (node, influence, hops) as (
        select ${id}::uuid, 1::float8, 0
        union
        select e.b, w.influence * e.strength, w.hops + 1
        from walk w join power_dynamics.live_edges e on e.a = w.node
        where w.hops < ${hopLimit(maxHops, 5)} and e.b <> ${id} ${ofKinds(kinds)}
      ), best as (
        select distinct on (node) node, influence, hops from walk where hops > 0 order by node, influence desc, hops
      )
      select node as node_id, influence, hops from best order by influence desc, node`,
  );
}

/** The nodes above (`up`) or below a node in the hierarchy, the nearest first. The hierarchy has no cycle. */
export async function hierarchy(executor: Executor, id: string, direction: 'up' | 'down'): Promise<Reach[]> {
  const [near, far] =
    direction === 'up' ? [raw('target_id'), raw('source_id')] : [raw('source_id'), raw('target_id')];
  return executor.rows(
    { ...LABELS, method: direction === 'up' ? 'chainOfCommand' : 'subordinates', row: reachSchema },
    sql`with recursive walk (node, depth) as (
        select ${id}::uuid, 0
        union
        select r.${far}, w.depth + 1 from walk w join power_dynamics.relations r on r.${near} = w.node
        where r.kind = 'hierarchical' and r.dissolved_at is null
      )
      select node as node_id, min(depth) as hops from walk where depth > 0 group by node order by hops, node`,
  );
}

/** How close the neighbours of each active node are to each other; 0 for nodes with less than two. */
export async function clustering(executor: Executor): Promise<Clustering[]> {
  return executor.rows(
    { ...LABELS, method: 'clustering', row: clusteringSchema },
    sql`select n.id as node_id, coalesce(c.clustering, 0) as clustering
      from power_dynamics.nodes n left join (${CLUSTERING}) c on c.id = n.id
      where n.is_active order by clustering desc, n.id`,
  );
}

/** The local clustering coefficient, directions left aside: triangles over the possible ones. */
export const CLUSTERING = sql`
  with pairs as (select distinct least(a, b) as x, greatest(a, b) as y from ${ACTIVE_EDGES} edges),
    near as (select x as a, y as b from pairs union all select y, x from pairs),
    degrees as (select a as id, count(*) as degree from near group by a),
    triangles as (
      select p.a as id, count(*) as closed
      from near p join near q on q.a = p.a and q.b > p.b join pairs r on r.x = p.b and r.y = q.b
      group by p.a)
  select d.id, coalesce(t.closed, 0) * 2 / nullif(d.degree * (d.degree - 1), 0)::float8 as clustering
  from degrees d left join triangles t on t.id = d.id`;

/** How unequal power is among the active nodes. */
export async function powerConcentration(executor: Executor): Promise<PowerConcentration> {
  return executor.one(
    { ...LABELS, method: 'powerConcentration', table: nodes, row: powerConcentrationSchema },
    sql`select (2 * sum(place * power) / nullif(max(n) * max(total), 0) - (max(n) + 1) / nullif(max(n), 0)::numeric)::float8
          as gini,
        sum((power / nullif(total, 0)) ^ 2)::float8 as hhi
      from (select power, row_number() over (order by power) as place, count(*) over () as n, sum(power) over () as total
            from power_dynamics.nodes where is_active) ranked`,
  );
}

function ofKinds(kinds: readonly RelationKind[] | undefined): Fragment {
  if (kinds === undefined) return raw('');
  return sql`and e.kind = any(${bindList(relations.column('kind').facts, kinds)})`;
}

function hopLimit(hops: number, most: number): Fragment {
  if (!Number.isInteger(hops) || hops < 1 || hops > most)
    throw new RepositoryError('BadValue', `a walk takes 1 to ${most} steps, not ${hops}`);
  return sql`${hops}::int`;
}
