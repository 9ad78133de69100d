import { raw, RepositoryError, sql, type Executor } from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { nodeTrust, type NodeTrust } from './tables.js';

/** One node's experience with another. */
export interface TrustObservation {
  readonly trusterId: string;
  readonly trusteeId: string;
  readonly framework: FrameworkKind;
  /** Added to the score, which starts at 0.5 and stays from 0 to 1. */
  readonly delta: number;
}

/** Moves one node's trust in another by an observation. */
export async function recordTrust(
  executor: Executor,
  { trusterId, trusteeId, framework, delta }: TrustObservation,
): Promise<NodeTrust> {
  // For the server NaN is above everything: it would come out as full trust.
  if (!Number.isFinite(delta))
    throw new RepositoryError('BadValue', `trust changes by a number, not ${delta}`);
  return executor.one(
    { method: 'recordTrust', operation: 'insert', table: nodeTrust, row: nodeTrust.row },
    sql`insert into consensus.node_trust as t (truster_id, trustee_id, framework, score, observations)
      values (${trusterId}, ${trusteeId}, ${framework}, least(1, greatest(0, 0.5 + ${delta}::float8)), 1)
      on conflict (truster_id, trustee_id, framework) do update
      set score = least(1, greatest(0, t.score + ${delta}::float8)), observations = t.observations + 1,
          updated_at = clock_timestamp()
      returning ${nodeTrust.select()}`,
  );
}

/** Who trusts whom and how far, optionally in one framework. */
export async function trustMatrix(executor: Executor, framework?: FrameworkKind): Promise<NodeTrust[]> {
  return executor.rows(
    { method: 'trustMatrix', operation: 'select', table: nodeTrust, row: nodeTrust.row },
    sql`select ${nodeTrust.select()} from consensus.node_trust
      ${framework === undefined ? raw('') : sql`where framework = ${framework}`}
      order by framework, truster_id, trustee_id`,
  );
}

/** The mean trust in a node over its peers and frameworks, undefined while nobody knows it. */
export async function meanTrust(executor: Executor, trusteeId: string): Promise<number | undefined> {
  const { score } = await executor.one<{ readonly score: number | null }>(
    { method: 'meanTrust', operation: 'select', table: nodeTrust },
    sql`select avg(score) as score from consensus.node_trust where trustee_id = ${trusteeId}`,
  );
  return score ?? undefined;
}
