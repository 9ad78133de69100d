import {
  bindList,
  bulkInsert,
  insertOne,
  listRows,
  loadRelations,
  RepositoryError,
  sql,
  type Executor,
  type JsonObject,
  type Page,
  type PageOptions,
  type Related,
} from '../base/index.js';
import { insertEvent } from './events.js';
import {
  coalitionMembers,
  coalitionRelations,
  coalitions,
  nodes,
  relations,
  type Coalition,
} from './tables.js';

/** A coalition to be formed. The founder is a member without being named as one. */
export interface NewCoalition {
  readonly key: string;
  readonly name: string;
  readonly purpose?: string;
  readonly founder: string;
  readonly members: readonly string[];
  readonly minMembers?: number;
  /** Of the collaboration between any two members, above 0 and at most 1; default 0.7. */
  readonly strength?: number;
  /** From -1 to 1; default 0.8. */
  readonly reciprocity?: number;
  readonly data?: JsonObject;
}

export type CoalitionWithMembers = Coalition & Related<typeof coalitionRelations, 'members'>;

const LABELS = { table: coalitions, row: coalitions.row } as const;
const UUID = { pgType: 'uuid', encoding: 'text' } as const;

/**
 * Forms a coalition: its members, a collaboration between any two of them that have none, and the event.
 * @throws RepositoryError NotFound, InactiveNode, CoalitionSize.
 */
export async function formCoalition(
  executor: Executor,
  { key, name, purpose, founder, members, minMembers, strength = 0.7, reciprocity = 0.8, data }: NewCoalition,
): Promise<Coalition> {
  const ids = [...new Set([founder, ...members])];
  return executor.transaction(async (inner) => {
    const active = await requireActive(inner, ids);
    const coalition = await inner.one(
      { ...LABELS, method: 'formCoalition', operation: 'insert' },
      sql`${insertOne(coalitions, {
        coalitionKey: key,
        name,
        founderId: founder,
        ...(purpose === undefined ? {} : { purpose }),
        ...(minMembers === undefined ? {} : { minMembers }),
        ...(data === undefined ? {} : { data }),
      })} returning ${coalitions.select()}`,
    );
    const { id } = coalition;
    await bulkInsert(inner, coalitionMembers, { rows: ids.map((nodeId) => ({ coalitionId: id, nodeId })) });
    await connect(inner, id, { ids, strength, reciprocity });
    await insertEvent(
      inner,
      {
        kind: 'coalition_formed',
        initiatorId: founder,
        coalitionId: id,
        impactScore: Math.min(1, ids.length / active),
      },
      ids.filter((nodeId) => nodeId !== founder).map((nodeId) => ({ nodeId })),
    );
    return coalition;
  });
}

/** Takes a node into a live coalition. @throws RepositoryError NotFound, InactiveNode, Conflict when it is a member. */
export async function joinCoalition(
  executor: Executor,
  { id, nodeId }: { readonly id: string; readonly nodeId: string },
  { contribution = '0', strength = 0.7, reciprocity = 0.8 }: JoinOptions,
): Promise<void> {
  await executor.transaction(async (inner) => {
    await lockLive(inner, id);
    await requireActive(inner, [nodeId]);
    await inner.run(
      { method: 'joinCoalition', operation: 'insert', table: coalitionMembers },
      insertOne(coalitionMembers, { coalitionId: id, nodeId, contribution }),
    );
    const members = await inner.rows<{ readonly nodeId: string }>(
      { method: 'joinCoalition', operation: 'select', table: coalitionMembers },
      sql`select node_id from power_dynamics.coalition_members where coalition_id = ${id} and left_at is null`,
    );
    await connect(inner, id, { ids: members.map((member) => member.nodeId), strength, reciprocity });
    await insertEvent(inner, { kind: 'coalition_joined', initiatorId: nodeId, coalitionId: id });
  });
}

export interface JoinOptions {
  /** Exact decimal as text. */
  readonly contribution?: string;
  readonly strength?: number;
  readonly reciprocity?: number;
}

/** Lets a node go, and its collaborations in the coalition. @throws RepositoryError NotFound, CoalitionSize. */
export async function leaveCoalition(
  executor: Executor,
  { id, nodeId }: { readonly id: string; readonly nodeId: string },
): Promise<void> {
  await executor.transaction(async (inner) => {
    await lockLive(inner, id);
    const left = await inner.run(
      { method: 'leaveCoalition', operation: 'update', table: coalitionMembers },
      sql`update power_dynamics.coalition_members set left_at = clock_timestamp()
        where coalition_id = ${id} and node_id = ${nodeId} and left_at is null`,
    );
    if (left === 0) throw new RepositoryError('NotFound', `node ${nodeId} is no member of coalition ${id}`);
    await inner.run(
      { method: 'leaveCoalition', operation: 'update', table: relations },
      sql`update power_dynamics.relations set dissolved_at = clock_timestamp()
        where coalition_id = ${id} and dissolved_at is null and (source_id = ${nodeId} or target_id = ${nodeId})`,
    );
    await insertEvent(inner, { kind: 'coalition_left', initiatorId: nodeId, coalitionId: id });
  });
}

/** Ends a coalition with its memberships and collaborations; the rows stay. @throws RepositoryError NotFound. */
export async function dissolveCoalition(executor: Executor, id: string, reason: string): Promise<Coalition> {
  return executor.transaction(async (inner) => {
    await lockLive(inner, id);
    const members = await inner.rows<{ readonly nodeId: string }>(
      { method: 'dissolveCoalition', operation: 'update', table: coalitionMembers },
      sql`update power_dynamics.coalition_members set left_at = clock_timestamp()
        where coalition_id = ${id} and left_at is null returning node_id`,
    );
    await inner.run(
      { method: 'dissolveCoalition', operation: 'update', table: relations },
      sql`update power_dynamics.relations set dissolved_at = clock_timestamp()
        where coalition_id = ${id} and dissolved_at is null`,
    );
    const dissolved = await inner.one(
      { ...LABELS, method: 'dissolveCoalition', operation: 'update' },
      sql`update power_dynamics.coalitions set dissolved_at = clock_timestamp(), dissolution_reason = ${reason}
        where id = ${id} returning ${coalitions.select()}`,
    );
    await insertEvent(inner, { kind: 'coalition_dissolved', coalitionId: id, data: { reason } }, members);
    return dissolved;
  });
}

/** A page of coalitions with all who ever were members, the latest first. */
export async function getCoalitions(
  executor: Executor,
  { nodeId, live }: { readonly nodeId?: string; readonly live?: boolean },
  page: PageOptions,
): Promise<Page<CoalitionWithMembers>> {
  const member = sql`exists (
    select from power_dynamics.coalition_members m
    where m.coalition_id = r.id and m.node_id = ${nodeId ?? null} and m.left_at is null)`;
  const { items, next } = await listRows(
    executor,
    { method: 'getCoalitions', table: coalitions, ...(nodeId === undefined ? {} : { condition: member }) },
    { ...page, filter: live === undefined ? {} : { dissolvedAt: { isNull: live } } },
  );
  const loaded = await loadRelations(executor, coalitionRelations, { rows: items, names: ['members'] });
  return { items: loaded, next };
}

/** Locked first: who counts the members afterwards counts all of them. */
async function lockLive(executor: Executor, id: string): Promise<void> {
  const live = await executor.run(
    { method: 'lockCoalition', operation: 'select', table: coalitions },
    sql`select from power_dynamics.coalitions where id = ${id} and dissolved_at is null for no key update`,
  );
  if (live === 0) throw new RepositoryError('NotFound', `there is no live coalition ${id}`);
}

/** Refuses unknown and inactive nodes, holds the others active, and gives the number of all active ones. */
async function requireActive(executor: Executor, ids: readonly string[]): Promise<number> {
  const spec = { method: 'requireActive', operation: 'select', table: nodes } as const;
  const found = await executor.rows<{ readonly id: string; readonly isActive: boolean }>(
    spec,
    sql`select id, is_active from power_dynamics.nodes where id = any(${bindList(UUID, ids)})
      order by id for share`,
  );
  const unknown = ids.find((id) => !found.some((node) => node.id === id.toLowerCase()));
  if (unknown !== undefined) throw new RepositoryError('NotFound', `there is no node ${unknown}`);
  const inactive = found.find((node) => !node.isActive);
  if (inactive !== undefined) throw new RepositoryError('InactiveNode', `node ${inactive.id} is not active`);
  const { active } = await executor.one<{ readonly active: number }>(
    spec,
    sql`select count(*)::int as active from power_dynamics.nodes where is_active`,
  );
  return active;
}

/** A collaboration between any two of the nodes that have none. */
async function connect(
  executor: Executor,
  coalitionId: string,
  {
    ids,
    strength,
    reciprocity,
  }: { readonly ids: readonly string[]; readonly strength: number; readonly reciprocity: number },
): Promise<void> {
  const list = bindList(UUID, ids);
  await executor.run(
    { method: 'connectMembers', operation: 'insert', table: relations },
    sql`insert into power_dynamics.relations (source_id, target_id, kind, strength, reciprocity, coalition_id)
      select a.id, b.id, 'collaborative', ${strength}::float8, ${reciprocity}::float8, ${coalitionId}::uuid
      from unnest(${list}) a(id) join unnest(${list}) b(id) on a.id < b.id
      on conflict (source_id, target_id, kind) where dissolved_at is null do nothing`,
  );
}
