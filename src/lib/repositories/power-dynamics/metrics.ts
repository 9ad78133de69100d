import { bindList, milliseconds, sql, type Executor, type Fragment } from '../base/index.js';
import { betweenness, pagerank } from './graph.js';
import { ACTIVE_EDGES, CLUSTERING, loadGraph } from './network.js';
import { nodeMetrics, type NodeMetrics } from './tables.js';
import { powerTrendSchema, type PowerTrendPoint } from './types.js';

export interface MeasureOptions {
  /** Also measure betweenness, which takes the time of nodes x edges; above 2,000 nodes an estimate from 500. */
  readonly betweenness?: boolean;
}

/** Up to so many nodes betweenness is exact, beyond it is estimated from so many. */
const [ALL_SOURCES, SAMPLED_SOURCES] = [2000, 500];

/**
 * Measures the position of every active node and stores it; returns the number of nodes.
 * No transaction is held meanwhile: relations that change while paths are computed may count in some figures only.
 */
export async function computeNetworkMetrics(
  executor: Executor,
  options: MeasureOptions = {},
): Promise<number> {
  const graph = await loadGraph(executor);
  const sources = graph.ids.length > ALL_SOURCES ? SAMPLED_SOURCES : graph.ids.length;
  const paths = options.betweenness === true ? await betweenness(graph, sources) : graph.ids.map(() => null);
  const measured = sql`unnest(${listOf('uuid', graph.ids)}, ${listOf('float8', paths)},
    ${listOf('float8', pagerank(graph))}) as g(id, betweenness, pagerank)`;
  return executor.run(
    { method: 'computeNetworkMetrics', operation: 'insert', table: nodeMetrics },
    insertMetrics(measured),
  );
}

/** A node's measurements of a span of time, the first first. */
export async function metricsHistory(
  executor: Executor,
  nodeId: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<NodeMetrics[]> {
  return executor.rows(
    { method: 'metricsHistory', operation: 'select', table: nodeMetrics, row: nodeMetrics.row },
    sql`select ${nodeMetrics.select()} from power_dynamics.node_metrics
      where node_id = ${nodeId} and measured_at >= ${from} and measured_at < ${to} order by measured_at`,
  );
}

/** A node's power over time; buckets without measurements are left out. */
export async function powerTrend(
  executor: Executor,
  nodeId: string,
  { from, to, bucketMs }: { readonly from: Date; readonly to: Date; readonly bucketMs: number },
): Promise<PowerTrendPoint[]> {
  return executor.rows(
    { method: 'powerTrend', operation: 'select', table: nodeMetrics, row: powerTrendSchema },
    sql`select date_bin(${milliseconds(bucketMs)}, measured_at, '2000-01-01T00:00:00Z'::timestamptz) as bucket_start,
        avg(power)::numeric(20,6) as avg, min(power) as min, max(power) as max, avg(power_share) as avg_share
      from power_dynamics.node_metrics
      where node_id = ${nodeId} and measured_at >= ${from} and measured_at < ${to}
      group by 1 order by 1`,
  );
}

function insertMetrics(measured: Fragment): Fragment {
  return sql`with edges as (select a, b from ${ACTIVE_EDGES} edges),
      strengths as (select a as id, sum(strength) as total from power_dynamics.live_edges group by a),
      outgoing as (select a as id, count(*)::int as degree from edges group by a),
      incoming as (select b as id, count(*)::int as degree from edges group by b),
      memberships as (
        select node_id as id, count(*)::int as total from power_dynamics.coalition_members
        where left_at is null group by node_id),
      conflicts as (
        select p.node_id as id, count(distinct p.event_id)::int as total
        from power_dynamics.event_participants p join power_dynamics.events e on e.id = p.event_id
        where e.kind = 'conflict_started'
          and not exists (select from power_dynamics.events r where r.resolves_id = e.id)
        group by p.node_id),
      clusters as (${CLUSTERING}),
      world as (select sum(power) as power, count(*) as nodes from power_dynamics.nodes where is_active)
    insert into power_dynamics.node_metrics (node_id, measured_at, power, power_share, influence_score,
      reputation_score, in_degree, out_degree, degree_centrality, strength_sum, clustering, betweenness, pagerank,
      coalition_count, conflict_count)
    select n.id, (select clock_timestamp()), n.power, coalesce(n.power / nullif(w.power, 0), 0)::float8,
      n.influence_score, n.reputation_score, coalesce(i.degree, 0), coalesce(o.degree, 0),
      coalesce((coalesce(i.degree, 0) + coalesce(o.degree, 0)) / nullif(w.nodes - 1, 0)::float8, 0),
      coalesce(s.total, 0), coalesce(c.clustering, 0), g.betweenness, g.pagerank,
      coalesce(m.total, 0), coalesce(k.total, 0)
    from ${measured}
      join power_dynamics.nodes n on n.id = g.id
      cross join world w
      left join incoming i on i.id = n.id
      left join outgoing o on o.id = n.id
      left join strengths s on s.id = n.id
      left join clusters c on c.id = n.id
      left join memberships m on m.id = n.id
      left join conflicts k on k.id = n.id`;
}

function listOf(pgType: 'uuid' | 'float8', values: readonly (string | number | null)[]): Fragment {
  return bindList({ pgType, encoding: pgType === 'uuid' ? 'text' : 'number' }, values);
}
