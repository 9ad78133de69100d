import { bind, insertOne, RepositoryError, sql, type Executor, type JsonObject } from '../base/index.js';
import { insertAgents, seedAgent, type NewAgent } from './population.js';
import { saveSnapshot } from './snapshots.js';
import {
  agents,
  experiments,
  generations,
  type Experiment,
  type Generation,
  type NewExperiment,
} from './tables.js';
import type { ExperimentStatus } from './vocabulary.js';

const LABELS = { table: generations, row: generations.row } as const;
const EXPERIMENT = { table: experiments, row: experiments.row } as const;

/** A generation and the ids of the agents it was given. */
export interface StartedGeneration {
  readonly generation: Generation;
  readonly agentIds: readonly string[];
}

/** Stores an experiment, a draft unless it says otherwise. */
export async function createExperiment(executor: Executor, experiment: NewExperiment): Promise<Experiment> {
  return executor.one(
    { ...EXPERIMENT, method: 'createExperiment', operation: 'insert' },
    sql`${insertOne(experiments, experiment)} returning ${experiments.select()}`,
  );
}

/** Changes an experiment's status. @throws RepositoryError NotFound. */
export async function setExperimentStatus(
  executor: Executor,
  id: string,
  status: ExperimentStatus,
): Promise<Experiment> {
  const changed = await executor.first(
    { ...EXPERIMENT, method: 'setExperimentStatus', operation: 'update' },
    sql`update evolution.experiments set status = ${status} where id = ${id} returning ${experiments.select()}`,
  );
  if (changed === undefined) throw new RepositoryError('NotFound', `there is no experiment ${id}`);
  return changed;
}

/** Begins an experiment with generation 0, made of these genomes. @throws RepositoryError NotFound, Conflict. */
export async function startExperiment(
  executor: Executor,
  key: string,
  genomes: readonly JsonObject[],
): Promise<StartedGeneration> {
  return executor.transaction(async (inner) => {
    const experiment = await inner.first(
      { ...EXPERIMENT, method: 'startExperiment', operation: 'update' },
      sql`update evolution.experiments set status = 'running' where experiment_key = ${key}
        returning ${experiments.select()}`,
    );
    if (experiment === undefined) throw new RepositoryError('NotFound', `there is no experiment ${key}`);
    const generation = await inner.one(
      { ...LABELS, method: 'startExperiment', operation: 'insert' },
      sql`insert into evolution.generations (experiment_id, number, status, population_size, started_at)
        values (${experiment.id}, 0, 'running', ${experiment.populationSize}, clock_timestamp())
        returning ${generations.select()}`,
    );
    return { generation, agentIds: await insertAgents(inner, generation, genomes.map(seedAgent)) };
  });
}

/** Begins the next generation. @throws RepositoryError Conflict while another one runs, Reference. */
export async function startGeneration(
  executor: Executor,
  experimentId: string,
  params: JsonObject = {},
): Promise<Generation> {
  const started = await executor.first(
    { ...LABELS, method: 'startGeneration', operation: 'insert' },
    sql`insert into evolution.generations as g (experiment_id, number, status, population_size, params, started_at)
      select e.id,
        (select coalesce(max(l.number) + 1, 0) from evolution.generations l where l.experiment_id = e.id),
        'running', e.population_size, ${bind(generations.column('params').facts, params)}, clock_timestamp()
      from evolution.experiments e where e.id = ${experimentId}
      returning ${generations.select('g')}`,
  );
  if (started === undefined) throw new RepositoryError('NotFound', `there is no experiment ${experimentId}`);
  return started;
}

/** Adds agents to a generation that is not finished; returns their ids in order. @throws RepositoryError NotFound. */
export async function addAgents(
  executor: Executor,
  generationId: string,
  newAgents: readonly NewAgent[],
): Promise<string[]> {
  return executor.transaction(async (inner) =>
    insertAgents(inner, await lockOpen(inner, generationId), newAgents),
  );
}

/** Ends a generation with its statistics. @throws RepositoryError NotFound, MissingResults while agents are unevaluated. */
export async function completeGeneration(executor: Executor, id: string): Promise<Generation> {
  return executor.transaction(async (inner) => {
    await lockOpen(inner, id);
    const { total, open } = await inner.one<{ readonly total: number; readonly open: number }>(
      { method: 'completeGeneration', operation: 'select', table: agents },
      sql`select count(fitness)::int as total, count(*) filter (where fitness is null and status = 'active')::int as open
        from evolution.agents where generation_id = ${id}`,
    );
    if (open > 0 || total === 0)
      throw new RepositoryError(
        'MissingResults',
        `${open > 0 ? open : 'all'} agents of generation ${id} are unevaluated`,
        {
          hint: 'Record the fitness of every active agent first.',
        },
      );
    return inner.one({ ...LABELS, method: 'completeGeneration', operation: 'update' }, completion(id));
  });
}

/**
 * Completes the running generation, with a snapshot, and begins the next one with these agents: all or nothing.
 * @throws RepositoryError NotFound when none runs, MissingResults.
 */
export async function advance(
  executor: Executor,
  experimentId: string,
  offspring: readonly NewAgent[],
): Promise<StartedGeneration> {
  return executor.transaction(async (inner) => {
    const running = await inner.first(
      { ...LABELS, method: 'advance', operation: 'select' },
      sql`select ${generations.select()} from evolution.generations
        where experiment_id = ${experimentId} and status = 'running' for no key update`,
    );
    if (running === undefined)
      throw new RepositoryError('NotFound', `experiment ${experimentId} has no running generation`);
    await completeGeneration(inner, running.id);
    await saveSnapshot(inner, running.id, { kind: 'auto' });
    await inner.run(
      { method: 'advance', operation: 'update', table: agents },
      sql`update evolution.agents set status = 'evolved' where generation_id = ${running.id} and status = 'active'`,
    );
    const generation = await startGeneration(inner, experimentId, running.params);
    return { generation, agentIds: await insertAgents(inner, generation, offspring) };
  });
}

/** Gives a generation up; the reason stays among its params. @throws RepositoryError IllegalTransition, NotFound. */
export async function abortGeneration(executor: Executor, id: string, reason: string): Promise<Generation> {
  const aborted = await executor.first(
    { ...LABELS, method: 'abortGeneration', operation: 'update' },
    sql`update evolution.generations
      set status = 'aborted', finished_at = clock_timestamp(),
          params = params || jsonb_build_object('abort_reason', ${reason}::text)
      where id = ${id} and status <> 'aborted' returning ${generations.select()}`,
  );
  if (aborted === undefined) throw new RepositoryError('NotFound', `there is no generation ${id} to abort`);
  return aborted;
}

/** Locked by a statement of its own: what is counted afterwards includes every agent that was on its way. */
async function lockOpen(executor: Executor, id: string): Promise<Generation> {
  const generation = await executor.first(
    { ...LABELS, method: 'lockGeneration', operation: 'select' },
    sql`select ${generations.select()} from evolution.generations
      where id = ${id} and status in ('pending', 'running') for no key update`,
  );
  if (generation === undefined)
    throw new RepositoryError('NotFound', `there is no unfinished generation ${id}`);
  return generation;
}

/** Improvement is that of the average over the generation before; convergence is 1 when all are equally fit. */
function completion(id: string) {
  return sql`update evolution.generations g
    set status = 'completed', finished_at = clock_timestamp(),
        avg_fitness = s.avg, max_fitness = s.max, min_fitness = s.min, fitness_stddev = s.deviation,
        genetic_diversity = s.diversity,
        improvement_rate = (s.avg - p.avg_fitness) / nullif(abs(p.avg_fitness), 0),
        convergence = case s.deviation when 0 then 1 else 1 - least(1, s.deviation / nullif(abs(s.avg), 0)) end
    from (
      select avg(a.fitness) as avg, max(a.fitness) as max, min(a.fitness) as min, stddev_pop(a.fitness) as deviation,
        count(distinct a.genome_sha256) / count(*)::float8 as diversity
      from evolution.agents a where a.generation_id = ${id}) s
      left join evolution.generations p on (p.experiment_id, p.number) = (
        select c.experiment_id, c.previous_number from evolution.generations c where c.id = ${id})
    where g.id = ${id}
    returning ${generations.select('g')}`;
}
