import {
  bind,
  insertOne,
  listRows,
  RepositoryError,
  sql,
  type Executor,
  type JsonObject,
  type Page,
  type PageOptions,
} from '../base/index.js';
import { insertEvent } from './events.js';
import { enter } from './ledger.js';
import { nodes, type NewPowerNode, type PowerNode } from './tables.js';
import type { PowerNodeKind } from './vocabulary.js';

const LABELS = { table: nodes, row: nodes.row } as const;

/** What the best nodes can be ranked by. */
export type NodeRanking = 'power' | 'influence' | 'reputation';
const RANKINGS = { power: 'power', influence: 'influenceScore', reputation: 'reputationScore' } as const;

/** Stores a node; its power, an exact decimal as text, is granted through the ledger. */
export async function createNode(
  executor: Executor,
  node: NewPowerNode,
  { initialPower }: { readonly initialPower?: string } = {},
): Promise<PowerNode> {
  return executor.transaction(async (inner) => {
    const created = await inner.one(
      { ...LABELS, method: 'createNode', operation: 'insert' },
      sql`${insertOne(nodes, node)} returning ${nodes.select()}`,
    );
    if (initialPower === undefined || Number(initialPower) === 0) return created;
    const { id } = created;
    const grant = { key: `initial:${id}`, toId: id, amount: initialPower, reason: 'initial power' };
    await enter(inner, { ...grant, kind: 'grant' });
    return getNode(inner, id);
  });
}

/** Changes scores; what lies outside 0 to 1 becomes the nearer end. @throws RepositoryError NotFound. */
export async function updateScores(
  executor: Executor,
  id: string,
  { influence, reputation }: { readonly influence?: number; readonly reputation?: number },
): Promise<PowerNode> {
  const updated = await executor.first(
    { ...LABELS, method: 'updateScores', operation: 'update' },
    sql`update power_dynamics.nodes
      set influence_score = least(1, greatest(0, coalesce(${influence ?? null}::float8, influence_score))),
          reputation_score = least(1, greatest(0, coalesce(${reputation ?? null}::float8, reputation_score)))
      where id = ${id} returning ${nodes.select()}`,
  );
  return updated ?? refuseMissing(id);
}

/** Sets some of a node's resources and leaves the others; null removes one. @throws RepositoryError NotFound. */
export async function setResources(executor: Executor, id: string, patch: JsonObject): Promise<PowerNode> {
  const removed = Object.keys(patch).filter((key) => patch[key] === null);
  const kept = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null));
  const updated = await executor.first(
    { ...LABELS, method: 'setResources', operation: 'update' },
    sql`update power_dynamics.nodes
      set resources = (resources || ${bind(nodes.column('resources').facts, kept)})
        - ${bind(nodes.column('capabilities').facts, removed)}
      where id = ${id} returning ${nodes.select()}`,
  );
  return updated ?? refuseMissing(id);
}

/** Takes a node out of play: its power goes to another node, else out of the world. @throws RepositoryError NotFound. */
export async function deactivateNode(
  executor: Executor,
  id: string,
  { redistributeTo }: { readonly redistributeTo?: string } = {},
): Promise<PowerNode> {
  return executor.transaction(async (inner) => {
    // Both at once and in id order, as the ledger does.
    await inner.run(
      { ...LABELS, method: 'deactivateNode', operation: 'select' },
      sql`select from power_dynamics.nodes
        where id in (${id}, ${redistributeTo ?? id}) order by id for no key update`,
    );
    const node = await getNode(inner, id);
    const { isActive, power, rowVersion } = node;
    if (!isActive) return node;
    if (Number(power) > 0) {
      const movement = {
        key: `deactivate:${id}:${rowVersion}`,
        amount: power,
        fromId: id,
        reason: 'deactivation',
      };
      await enter(
        inner,
        redistributeTo === undefined
          ? { ...movement, kind: 'revoke' }
          : { ...movement, kind: 'transfer', toId: redistributeTo },
      );
    }
    const deactivated = await inner.one(
      { ...LABELS, method: 'deactivateNode', operation: 'update' },
      sql`update power_dynamics.nodes set is_active = false where id = ${id} returning ${nodes.select()}`,
    );
    await insertEvent(inner, { kind: 'node_deactivated', data: { power } }, [
      { nodeId: id, role: 'affected' },
    ]);
    return deactivated;
  });
}

/** The active nodes that have most of something, the first the most. */
export async function getTop(executor: Executor, ranking: NodeRanking, limit: number): Promise<PowerNode[]> {
  if (!Object.hasOwn(RANKINGS, ranking))
    throw new RepositoryError('BadValue', `nodes cannot be ranked by ${ranking as string}`);
  return executor.rows(
    { ...LABELS, method: 'getTop', operation: 'select' },
    sql`select ${nodes.select('n')} from power_dynamics.nodes n where n.is_active
      order by ${nodes.reference(RANKINGS[ranking], 'n')} desc, n.id limit ${limit}`,
  );
}

/** A page of the active nodes, the most powerful first. */
export async function getActiveNodes(
  executor: Executor,
  { kind, minPower }: { readonly kind?: PowerNodeKind; readonly minPower?: string },
  page: PageOptions,
): Promise<Page<PowerNode>> {
  return listRows(
    executor,
    { method: 'getActiveNodes', table: nodes, condition: sql`r.is_active` },
    {
      ...page,
      filter: {
        ...(kind === undefined ? {} : { kind }),
        ...(minPower === undefined ? {} : { power: { gte: minPower } }),
      },
      order: [['power', 'desc']],
    },
  );
}

/** @throws RepositoryError NotFound. */
async function getNode(executor: Executor, id: string): Promise<PowerNode> {
  const node = await executor.first(
    { ...LABELS, method: 'getNode', operation: 'select' },
    sql`select ${nodes.select()} from power_dynamics.nodes where id = ${id}`,
  );
  return node ?? refuseMissing(id);
}

function refuseMissing(id: string): never {
  throw new RepositoryError('NotFound', `there is no node ${id}`);
}
