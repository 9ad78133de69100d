import {
  bindList,
  bulkInsert,
  RepositoryError,
  sql,
  uuidV7,
  type Executor,
  type Fragment,
  type JsonObject,
  type NewRow,
} from '../base/index.js';
import { agentParents, agents, generations, type Generation } from './tables.js';
import type { AgentStatus } from './vocabulary.js';

/** An agent to be added. Its key and slot follow from the generation unless given. */
export type NewAgent = Omit<
  NewRow<typeof agents>,
  'experimentId' | 'generationId' | 'generationNumber' | 'agentKey' | 'slot'
> & {
  readonly agentKey?: string;
  readonly slot?: number;
  /** Ids of agents of earlier generations, 8 at most. */
  readonly parents?: readonly string[];
};

/** What an evaluation has found; what is left out stays as it was. */
export interface Evaluation {
  readonly agentId: string;
  /** Any finite number; 0 is a score. */
  readonly fitness: number;
  /** These from 0 to 1. */
  readonly taskSuccessRate?: number;
  readonly adaptability?: number;
  readonly innovation?: number;
  readonly stability?: number;
}

const UUID = { pgType: 'uuid', encoding: 'text' } as const;
const INTEGER = { pgType: 'int4', encoding: 'number' } as const;
const FLOAT = { pgType: 'float8', encoding: 'number' } as const;

/** Adds agents and their lineage, inside a transaction that holds the generation; returns their ids in order. */
export async function insertAgents(
  executor: Executor,
  { id: generationId, experimentId, number }: Generation,
  newAgents: readonly NewAgent[],
): Promise<string[]> {
  const { first } = await executor.one<{ readonly first: number }>(
    { method: 'addAgents', operation: 'select', table: agents },
    sql`select coalesce(max(slot) + 1, 0) as first from evolution.agents where generation_id = ${generationId}`,
  );
  const identified = newAgents.map(({ parents = [], ...agent }, index) => {
    const { id = uuidV7(), slot = first + index } = agent;
    const place = { experimentId, generationId, generationNumber: number };
    return { row: { agentKey: `g${number}-${slot}`, ...agent, ...place, id, slot }, parents };
  });
  await bulkInsert(executor, agents, { rows: identified.map(({ row }) => row) });
  const links = identified.flatMap(({ row, parents }) =>
    parents.map((parentId, index) => ({ childId: row.id, parentId, ordinal: index + 1 })),
  );
  if (links.length > 0) await insertLineage(executor, links);
  return identified.map(({ row }) => row.id);
}

/**
 * Stores what evaluations have found, for all agents or none.
 * @throws RepositoryError NotFound when an agent is unknown or named twice; Immutable for agents of a generation that is
 * finished, for its statistics are too.
 */
export async function recordFitness(executor: Executor, evaluations: readonly Evaluation[]): Promise<number> {
  const floats = (name: Exclude<keyof Evaluation, 'agentId'>) =>
    bindList(
      FLOAT,
      evaluations.map((evaluation) => evaluation[name] ?? null),
    );
  const ids = bindList(
    UUID,
    evaluations.map(({ agentId }) => agentId),
  );
  return executor.transaction(async (inner) => {
    await holdUnfinished(inner, ids);
    const evaluated = await inner.run(
      { method: 'recordFitness', operation: 'update', table: agents },
      sql`update evolution.agents a
        set fitness = e.fitness, evaluated_at = clock_timestamp(),
            task_success_rate = coalesce(e.task_success_rate, a.task_success_rate),
            adaptability = coalesce(e.adaptability, a.adaptability),
            innovation = coalesce(e.innovation, a.innovation),
            stability = coalesce(e.stability, a.stability)
        from unnest(${ids}, ${floats('fitness')}, ${floats('taskSuccessRate')}, ${floats('adaptability')},
            ${floats('innovation')}, ${floats('stability')})
          as e(id, fitness, task_success_rate, adaptability, innovation, stability)
        where a.id = e.id`,
    );
    if (evaluated !== evaluations.length)
      throw new RepositoryError('NotFound', `of ${evaluations.length} agents only ${evaluated} exist`);
    return evaluated;
  });
}

/** Keeps the generations of these agents from finishing until the transaction ends. */
async function holdUnfinished(executor: Executor, agentIds: Fragment): Promise<void> {
  const held = await executor.rows<Pick<Generation, 'number' | 'status'>>(
    { method: 'recordFitness', operation: 'select', table: generations },
    sql`select g.number, g.status from evolution.generations g
      where g.id in (select a.generation_id from evolution.agents a where a.id = any(${agentIds}))
      order by g.id for share`,
  );
  const finished = held.find(({ status }) => status === 'completed' || status === 'aborted');
  if (finished !== undefined)
    throw new RepositoryError(
      'Immutable',
      `generation ${finished.number} is ${finished.status}: the fitness of its agents stays`,
    );
}

/** Changes the status of agents; returns how many there were. */
export async function setAgentStatus(
  executor: Executor,
  ids: readonly string[],
  status: AgentStatus,
): Promise<number> {
  return executor.run(
    { method: 'setAgentStatus', operation: 'update', table: agents },
    sql`update evolution.agents set status = ${status} where id = any(${bindList(UUID, ids)})`,
  );
}

/** A genome as a new agent that descends from nobody. */
export function seedAgent(genome: JsonObject): NewAgent {
  return { genome, origin: 'seed' };
}

interface Link {
  readonly childId: string;
  readonly parentId: string;
  readonly ordinal: number;
}

/** The generations come from the agents themselves, so that the keys can compare them. */
async function insertLineage(executor: Executor, links: readonly Link[]): Promise<void> {
  const children = bindList(
    UUID,
    links.map(({ childId }) => childId),
  );
  const parents = bindList(
    UUID,
    links.map(({ parentId }) => parentId),
  );
  const ordinals = bindList(
    INTEGER,
    links.map(({ ordinal }) => ordinal),
  );
  const linked = await executor.run(
    { method: 'addAgents', operation: 'insert', table: agentParents },
    sql`insert into evolution.agent_parents
        (child_id, ordinal, parent_id, experiment_id, child_generation, parent_generation)
      select c.id, l.ordinal, p.id, c.experiment_id, c.generation_number, p.generation_number
      from unnest(${children}, ${ordinals}, ${parents}) as l(child_id, ordinal, parent_id)
        join evolution.agents c on c.id = l.child_id
        join evolution.agents p on p.id = l.parent_id`,
  );
  if (linked !== links.length)
    throw new RepositoryError('Reference', `${links.length - linked} parents do not exist`);
  await executor.run(
    { method: 'addAgents', operation: 'update', table: agents },
    sql`update evolution.agents a set lineage_depth = deepest.depth + 1
      from (
        select l.child_id, max(p.lineage_depth) as depth
        from evolution.agent_parents l join evolution.agents p on p.id = l.parent_id
        where l.child_id = any(${children}) group by l.child_id) deepest
      where a.id = deepest.child_id`,
  );
}
