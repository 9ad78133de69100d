import {
  bindList,
  listRows,
  raw,
  RepositoryError,
  sql,
  type Executor,
  type Filter,
  type Page,
  type PageOptions,
} from '../base/index.js';
import {
  agentMetrics,
  agentParents,
  agents,
  generations,
  type Agent,
  type AgentMetrics,
  type Generation,
} from './tables.js';
import {
  diversitySchema,
  kinSchema,
  stagnationSchema,
  trajectoryPointSchema,
  type Diversity,
  type Kin,
  type Stagnation,
  type TrajectoryPoint,
} from './types.js';

/** An agent and its place, from 1; equally fit ones share theirs. */
export type RankedAgent = Agent & { readonly rank: number };

const UUID = { pgType: 'uuid', encoding: 'text' } as const;

/** The generation with the highest number. @throws RepositoryError NotFound when there is none. */
export async function getLatestGeneration(executor: Executor, experimentId: string): Promise<Generation> {
  const latest = await executor.first(
    { method: 'getLatestGeneration', operation: 'select', table: generations, row: generations.row },
    sql`select ${generations.select()} from evolution.generations
      where experiment_id = ${experimentId} order by number desc limit 1`,
  );
  if (latest === undefined)
    throw new RepositoryError('NotFound', `experiment ${experimentId} has no generation`);
  return latest;
}

/** A page of a generation's agents, the fittest first, unevaluated ones last. */
export async function getGenerationAgents(
  executor: Executor,
  { generationId, filter }: { readonly generationId: string; readonly filter: Filter<Agent> },
  page: PageOptions,
): Promise<Page<Agent>> {
  const condition = sql`r.generation_id = ${generationId}`;
  const listing = { method: 'getGenerationAgents', table: agents, condition };
  return listRows(executor, listing, { ...page, filter, order: [['fitness', 'desc']] });
}

/** The fittest agents of a generation that are active, or were until a next generation followed. */
export async function getElite(executor: Executor, generationId: string, limit: number): Promise<Agent[]> {
  return executor.rows(
    { method: 'getElite', operation: 'select', table: agents, row: agents.row },
    sql`select ${agents.select('a')} from evolution.agents a
      where a.generation_id = ${generationId} and a.status in ('active', 'evolved') and a.fitness is not null
      order by a.fitness desc nulls last, a.id limit ${limit}`,
  );
}

/** The fittest agents of an experiment or of one of its generations, with their ranks. */
export async function leaderboard(
  executor: Executor,
  experimentId: string,
  { limit = 10, generation }: { readonly limit?: number; readonly generation?: number },
): Promise<RankedAgent[]> {
  // Ranked after the limit: a window over the whole experiment would read all of it.
  return executor.rows<RankedAgent>(
    { method: 'leaderboard', operation: 'select', table: agents },
    sql`select ${agents.select('a')}, rank() over (order by a.fitness desc)::int as rank
      from (
        select * from evolution.agents
        where experiment_id = ${experimentId} and fitness is not null
          ${generation === undefined ? raw('') : sql`and generation_number = ${generation}`}
        order by fitness desc, id limit ${limit}) a
      order by a.fitness desc, a.id`,
  );
}

/** The fitness of every generation, the first first. */
export async function fitnessTrajectory(
  executor: Executor,
  experimentId: string,
): Promise<TrajectoryPoint[]> {
  return executor.rows(
    { method: 'fitnessTrajectory', operation: 'select', table: generations, row: trajectoryPointSchema },
    sql`select number, status, avg_fitness, max_fitness, best_so_far,
        best_so_far - lag(best_so_far) over (order by number) as gain
      from (
        select number, status, avg_fitness, max_fitness, max(max_fitness) over (order by number) as best_so_far
        from evolution.generations where experiment_id = ${experimentId}) g
      order by number`,
  );
}

/** Whether the best fitness has risen by no more than `epsilon` over the last `window` completed generations. */
export async function stagnation(
  executor: Executor,
  experimentId: string,
  { window = 5, epsilon = 1e-6 }: { readonly window?: number; readonly epsilon?: number },
): Promise<Stagnation> {
  return executor.one(
    { method: 'stagnation', operation: 'select', table: generations, row: stagnationSchema },
    sql`select count(*)::int as generations,
        case when count(*) > ${window}::int then max(best) - min(best) end as gain,
        coalesce(count(*) > ${window}::int and max(best) - min(best) <= ${epsilon}::float8, false) as is_stagnant
      from (
        select max(max_fitness) over (order by number) as best from evolution.generations
        where experiment_id = ${experimentId} and status = 'completed'
        order by number desc limit ${window}::int + 1) g`,
  );
}

/** Those an agent descends from (`up`) or that descend from it, the nearest first. Lineage has no cycle. */
export async function kin(
  executor: Executor,
  { agentId, direction }: { readonly agentId: string; readonly direction: 'up' | 'down' },
  { maxDepth = 1000 }: { readonly maxDepth?: number },
): Promise<Kin[]> {
  const [near, far] =
    direction === 'up' ? [raw('child_id'), raw('parent_id')] : [raw('parent_id'), raw('child_id')];
  return executor.rows(
    {
      method: direction === 'up' ? 'ancestors' : 'descendants',
      operation: 'select',
      table: agentParents,
      row: kinSchema,
    },
    sql`with recursive walk (agent, depth) as (
        select ${agentId}::uuid, 0
        union
        select l.${far}, w.depth + 1 from walk w join evolution.agent_parents l on l.${near} = w.agent
        where w.depth < ${maxDepth}::int
      )
      select agent as agent_id, min(depth) as depth from walk where depth > 0 group by agent order by depth, agent`,
  );
}

/** The measurements of agents in a round, in the order of the ids; agents without one are left out. */
export async function compareAgents(
  executor: Executor,
  ids: readonly string[],
  round: number,
): Promise<AgentMetrics[]> {
  return executor.rows(
    { method: 'compareAgents', operation: 'select', table: agentMetrics, row: agentMetrics.row },
    sql`select ${agentMetrics.select('m')} from unnest(${bindList(UUID, ids)}) with ordinality as wanted(id, n)
        join evolution.agent_metrics m on m.agent_id = wanted.id and m.round = ${round}
      order by wanted.n`,
  );
}

/** How different the genomes of a generation are. */
export async function diversity(executor: Executor, generationId: string): Promise<Diversity> {
  return executor.one(
    { method: 'diversity', operation: 'select', table: agents, row: diversitySchema },
    sql`select count(*)::int as agents, count(distinct genome_sha256)::int as distinct_genomes,
        count(distinct genome_sha256) / nullif(count(*), 0)::float8 as diversity
      from evolution.agents where generation_id = ${generationId}`,
  );
}
