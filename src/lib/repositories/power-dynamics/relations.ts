import {
  bindList,
  insertOne,
  raw,
  RepositoryError,
  sql,
  type Executor,
  type Fragment,
} from '../base/index.js';
import { insertEvent } from './events.js';
import { relations, type NewPowerRelation, type PowerRelation } from './tables.js';
import type { RelationKind } from './vocabulary.js';

const LABELS = { table: relations, row: relations.row } as const;

/** They hold both ways and are stored once, the lesser id as source. */
const SYMMETRIC: readonly RelationKind[] = ['collaborative', 'competitive'];

/**
 * Stores a relation and its event. Symmetric kinds may be given either way round.
 * @throws RepositoryError Conflict when it exists, HierarchyCycle, Reference.
 */
export async function establishRelation(
  executor: Executor,
  relation: NewPowerRelation,
): Promise<PowerRelation> {
  return executor.transaction(async (inner) => {
    const established = await inner.one(
      { ...LABELS, method: 'establishRelation', operation: 'insert' },
      sql`${insertOne(relations, inOrder(relation))} returning ${relations.select()}`,
    );
    const { id, kind, sourceId, targetId } = established;
    await insertEvent(inner, { kind: 'relation_established', data: { relationId: id, kind } }, [
      { nodeId: sourceId },
      { nodeId: targetId },
    ]);
    return established;
  });
}

/** Closes a live relation; its row stays. @throws RepositoryError NotFound when there is no such live relation. */
export async function dissolveRelation(executor: Executor, id: string): Promise<PowerRelation> {
  return executor.transaction(async (inner) => {
    const dissolved = await inner.first(
      { ...LABELS, method: 'dissolveRelation', operation: 'update' },
      sql`update power_dynamics.relations set dissolved_at = clock_timestamp()
        where id = ${id} and dissolved_at is null returning ${relations.select()}`,
    );
    if (dissolved === undefined) return refuseMissing(id);
    const { kind, sourceId, targetId } = dissolved;
    await insertEvent(inner, { kind: 'relation_dissolved', data: { relationId: id, kind } }, [
      { nodeId: sourceId },
      { nodeId: targetId },
    ]);
    return dissolved;
  });
}

/** How strong a relation is; what is left out stays. */
export interface Strength {
  /** Above 0, at most 1. */
  readonly strength?: number;
  /** From -1 to 1. */
  readonly reciprocity?: number;
  readonly influenceWeight?: number;
}

/** Changes a live relation. @throws RepositoryError NotFound, Check. */
export async function updateStrength(
  executor: Executor,
  id: string,
  { strength, reciprocity, influenceWeight }: Strength,
): Promise<PowerRelation> {
  const updated = await executor.first(
    { ...LABELS, method: 'updateStrength', operation: 'update' },
    sql`update power_dynamics.relations
      set strength = coalesce(${strength ?? null}::float8, strength),
          reciprocity = coalesce(${reciprocity ?? null}::float8, reciprocity),
          influence_weight = coalesce(${influenceWeight ?? null}::float8, influence_weight)
      where id = ${id} and dissolved_at is null returning ${relations.select()}`,
  );
  return updated ?? refuseMissing(id);
}

export interface RelationSearch {
  /** Seen from the node; symmetric relations go both ways. Default `both`. */
  readonly direction?: 'outgoing' | 'incoming' | 'both';
  readonly kind?: RelationKind;
}

/** A node's live relations, the latest first. */
export async function getRelations(
  executor: Executor,
  nodeId: string,
  { direction = 'both', kind }: RelationSearch,
): Promise<PowerRelation[]> {
  return executor.rows(
    { ...LABELS, method: 'getRelations', operation: 'select' },
    sql`select ${relations.select('r')} from power_dynamics.relations r
      where r.dissolved_at is null and (${sides(nodeId, direction)})
        ${kind === undefined ? raw('') : sql`and r.kind = ${kind}`}
      order by r.established_at desc, r.id desc`,
  );
}

/** Every relation there ever was between two nodes, the latest first. */
export async function relationHistory(executor: Executor, a: string, b: string): Promise<PowerRelation[]> {
  return executor.rows(
    { ...LABELS, method: 'relationHistory', operation: 'select' },
    sql`select ${relations.select('r')} from power_dynamics.relations r
      where r.source_id = ${a} and r.target_id = ${b} or r.source_id = ${b} and r.target_id = ${a}
      order by r.established_at desc, r.id desc`,
  );
}

function inOrder(relation: NewPowerRelation): NewPowerRelation {
  const { kind, sourceId, targetId } = relation;
  const swapped = SYMMETRIC.includes(kind) && sourceId.toLowerCase() > targetId.toLowerCase();
  return swapped ? { ...relation, sourceId: targetId, targetId: sourceId } : relation;
}

/** A test of its own for each direction: an OR over the kind would let go of the index. */
function sides(nodeId: string, direction: 'outgoing' | 'incoming' | 'both'): Fragment {
  const [outgoing, incoming] = [sql`r.source_id = ${nodeId}`, sql`r.target_id = ${nodeId}`];
  if (direction === 'both') return sql`${outgoing} or ${incoming}`;
  const symmetric = sql`r.kind = any(${bindList(relations.column('kind').facts, SYMMETRIC)})`;
  return direction === 'outgoing'
    ? sql`${outgoing} or (${incoming} and ${symmetric})`
    : sql`${incoming} or (${outgoing} and ${symmetric})`;
}

function refuseMissing(id: string): never {
  throw new RepositoryError('NotFound', `there is no live relation ${id}`);
}
