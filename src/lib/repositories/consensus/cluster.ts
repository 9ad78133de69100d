import { milliseconds, RepositoryError, sql, type Executor } from '../base/index.js';
import { nodes, type Node } from './tables.js';
import {
  clusterHealthSchema,
  replicationLagSchema,
  type ClusterHealth,
  type ReplicationLag,
} from './types.js';

/** The nodes at a glance. */
export async function clusterHealth(executor: Executor, recentMs: number): Promise<ClusterHealth> {
  return executor.one(
    { method: 'clusterHealth', operation: 'select', table: nodes, row: clusterHealthSchema },
    sql`select count(n.id)::int as nodes,
        count(*) filter (where n.status = 'active')::int as active,
        count(*) filter (where n.status = 'inactive')::int as inactive,
        count(*) filter (where n.status = 'failed')::int as failed,
        count(*) filter (where n.status = 'syncing')::int as syncing,
        count(*) filter (where n.status = 'partitioned')::int as partitioned,
        count(*) filter (where n.status = 'quarantined')::int as quarantined,
        count(*) filter (where n.status = 'active'
          and n.last_heartbeat_at >= clock_timestamp() - ${milliseconds(recentMs)})::int as recent_heartbeats,
        avg(n.failure_score) as avg_failure_score,
        count(*) filter (where n.status = 'active') * 2 > count(n.id) as has_majority,
        h.last_index,
        coalesce(max(h.last_index - n.applied_index) filter (where n.status = 'active'), 0)::float8 as lag
      from consensus.log_head h left join consensus.nodes n on true
      group by h.last_index`,
  );
}

/** How far each node is behind the state log, the slowest first. */
export async function replicationLag(executor: Executor): Promise<ReplicationLag[]> {
  return executor.rows(
    { method: 'replicationLag', operation: 'select', table: nodes, row: replicationLagSchema },
    sql`select n.id as node_id, n.node_key, n.status, n.applied_index,
        (h.last_index - n.applied_index)::float8 as lag
      from consensus.log_head h cross join consensus.nodes n
      order by n.applied_index, n.node_key`,
  );
}

/**
 * Notes that a node has applied the state log up to this entry; what it has applied before stays applied.
 * @throws RepositoryError NotFound, or BadValue for an entry that does not exist yet.
 */
export async function recordApplied(
  executor: Executor,
  id: string,
  logIndex: string | bigint,
): Promise<Node> {
  const index = String(logIndex);
  const node = await executor.first(
    { method: 'recordApplied', operation: 'update', table: nodes, row: nodes.row },
    sql`update consensus.nodes set applied_index = greatest(applied_index, ${index})
      where id = ${id} and ${index}::int8 <= (select last_index from consensus.log_head)
      returning ${nodes.select()}`,
  );
  if (node !== undefined) return node;
  const exists = await executor.run(
    { method: 'recordApplied', operation: 'select', table: nodes },
    sql`select from consensus.nodes where id = ${id}`,
  );
  if (exists === 0) throw new RepositoryError('NotFound', `there is no node ${id}`);
  throw new RepositoryError('BadValue', `the state log does not reach entry ${index} yet`);
}
