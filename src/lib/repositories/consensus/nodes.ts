import { join, milliseconds, raw, RepositoryError, rowFragments, sql, type Executor } from '../base/index.js';
import { appendState } from './log.js';
import { nodes, type NewNode, type Node } from './tables.js';
import type { NodeRole, NodeStatus } from './vocabulary.js';

/** What a node that comes back says anew. Its status, failure score and ballots are not its own to reset. */
const RENEWED = [
  'address',
  'role',
  'publicKey',
  'philosophicalWeights',
  'domainExpertise',
  'metadata',
  'reputation',
];

/** Adds a node, or renews what it says of itself when its key is known. */
export async function registerNode(executor: Executor, node: NewNode): Promise<Node> {
  const row = rowFragments(nodes, node);
  const renewed = RENEWED.filter((name) => Object.hasOwn(node, name)).map((name) => nodes.reference(name));
  const assignments = renewed.map((column) => sql`${column} = excluded.${column}`);
  return executor.one(
    { method: 'registerNode', operation: 'insert', table: nodes, row: nodes.row },
    sql`insert into consensus.nodes (${row.columns}) values (${row.values})
      on conflict (node_key) do update set ${join(assignments, ', ')}
      returning ${nodes.select()}`,
  );
}

/** Notes that the node is alive; false when there is no such node. */
export async function heartbeat(
  executor: Executor,
  nodeKey: string,
  failureScore: number | undefined,
): Promise<boolean> {
  const score = failureScore === undefined ? raw('') : sql`, failure_score = ${failureScore}`;
  const touched = await executor.run(
    { method: 'heartbeat', operation: 'update', table: nodes },
    sql`update consensus.nodes set last_heartbeat_at = clock_timestamp()${score} where node_key = ${nodeKey}`,
  );
  return touched > 0;
}

/** Sets the status of a node. @throws RepositoryError NotFound. */
export async function setNodeStatus(executor: Executor, id: string, status: NodeStatus): Promise<Node> {
  const node = await executor.first(
    { method: 'setNodeStatus', operation: 'update', table: nodes, row: nodes.row },
    sql`update consensus.nodes set status = ${status} where id = ${id} returning ${nodes.select()}`,
  );
  return node ?? refuseUnknown(id);
}

/** Cuts a node off and says so in the state log, once however often it is asked. @throws RepositoryError NotFound. */
export async function quarantineNode(executor: Executor, id: string, reason: string): Promise<Node> {
  return executor.transaction(async (inner) => {
    const before = await inner.first(
      { method: 'quarantineNode', operation: 'select', table: nodes, row: nodes.row },
      sql`select ${nodes.select()} from consensus.nodes where id = ${id} for no key update`,
    );
    if (before === undefined) return refuseUnknown(id);
    if (before.status === 'quarantined') return before;
    const node = await setNodeStatus(inner, id, 'quarantined');
    const payload = { nodeKey: node.nodeKey, from: before.status, to: node.status, reason };
    await appendState(inner, { kind: 'membership_changed', payload });
    return node;
  });
}

/** Marks active nodes as failed that were not heard of for so long; returns them. */
export async function markStaleNodes(executor: Executor, olderThanMs: number): Promise<Node[]> {
  return executor.rows(
    { method: 'markStaleNodes', operation: 'update', table: nodes, row: nodes.row },
    sql`update consensus.nodes set status = 'failed'
      where status = 'active'
        and coalesce(last_heartbeat_at, created_at) < clock_timestamp() - ${milliseconds(olderThanMs)}
      returning ${nodes.select()}`,
  );
}

/** The active nodes, optionally of one role, by key. */
export async function getActiveNodes(executor: Executor, role?: NodeRole): Promise<Node[]> {
  return executor.rows(
    { method: 'getActiveNodes', operation: 'select', table: nodes, row: nodes.row },
    sql`select ${nodes.select()} from consensus.nodes
      where status = 'active'${role === undefined ? raw('') : sql` and role = ${role}`}
      order by node_key`,
  );
}

/** @throws RepositoryError NotFound, InactiveNode: proposals come from active nodes that vote. */
export async function requireProposer(executor: Executor, id: string): Promise<void> {
  const node = await executor.first<Pick<Node, 'nodeKey' | 'role' | 'status'>>(
    { method: 'requireProposer', operation: 'select', table: nodes },
    sql`select node_key, role, status from consensus.nodes where id = ${id}`,
  );
  if (node === undefined) return refuseUnknown(id);
  const { nodeKey, role, status } = node;
  if (status !== 'active' || role === 'learner' || role === 'observer')
    throw new RepositoryError('InactiveNode', `node ${nodeKey} is ${status} ${role} and cannot propose`, {
      hint: 'Proposals and ballots come from active proposers and acceptors.',
    });
}

function refuseUnknown(id: string): never {
  throw new RepositoryError('NotFound', `there is no node ${id}`);
}
