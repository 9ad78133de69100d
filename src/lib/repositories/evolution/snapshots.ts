import {
  bind,
  raw,
  RepositoryError,
  sql,
  type Executor,
  type Fragment,
  type JsonObject,
} from '../base/index.js';
import { stateSnapshots, type Snapshot } from './tables.js';
import type { SnapshotKind } from './vocabulary.js';

/** A snapshot to be taken; the rest of it is computed from the generation. */
export interface NewSnapshot {
  /** Default `manual`. */
  readonly kind?: SnapshotKind;
  /** The experiment's parameters as they are now unless given. */
  readonly params?: JsonObject;
  readonly rngState?: JsonObject;
  /** The experiment's fittest agents, as many as its elite, unless given. */
  readonly elite?: readonly unknown[];
  /** Where a full copy lies outside, with its checksum. */
  readonly uri?: string;
  readonly checksumSha256?: Uint8Array;
}

/** What a run needs to go on from a snapshot. */
export interface RestoredPopulation {
  readonly generationId: string;
  readonly params: JsonObject;
  readonly rngState: JsonObject;
  readonly elite: readonly unknown[];
}

const LABELS = { table: stateSnapshots, row: stateSnapshots.row } as const;

/** The hash over the population's genome hashes in order of their slots. */
const POPULATION_SHA256 =
  raw(`(select sha256(coalesce(string_agg(a.genome_sha256, ''::bytea order by a.slot), ''))
    from evolution.agents a where a.generation_id = g.id)`);

/** Keeps what it takes to go on from a generation. @throws RepositoryError NotFound; Conflict for a second `auto`. */
export async function saveSnapshot(
  executor: Executor,
  generationId: string,
  { kind = 'manual', params, rngState = {}, elite, uri, checksumSha256 }: NewSnapshot = {},
): Promise<Snapshot> {
  const saved = await executor.first(
    { ...LABELS, method: 'saveSnapshot', operation: 'insert' },
    sql`insert into evolution.state_snapshots as s (experiment_id, generation_id, generation_number, kind, params,
        rng_state, elite, population_sha256, best_fitness, diversity, uri, checksum_sha256)
      select g.experiment_id, g.id, g.number, ${kind}, ${params === undefined ? CURRENT_PARAMS : value('params', params)},
        ${value('rngState', rngState)}, ${elite === undefined ? FITTEST : value('elite', elite)}, ${POPULATION_SHA256},
        (select max(a.fitness) from evolution.agents a where a.generation_id = g.id),
        (select count(distinct a.genome_sha256) / nullif(count(*), 0)::float8
         from evolution.agents a where a.generation_id = g.id),
        ${uri ?? null}::text, ${value('checksumSha256', checksumSha256 ?? null)}
      from evolution.generations g join evolution.experiments e on e.id = g.experiment_id
      where g.id = ${generationId}
      returning ${stateSnapshots.select('s')}`,
  );
  if (saved === undefined) throw new RepositoryError('NotFound', `there is no generation ${generationId}`);
  return saved;
}

/** The latest snapshot of an experiment, of those that can be restored unless told otherwise; undefined without one. */
export async function latestSnapshot(
  executor: Executor,
  experimentId: string,
  { restorable = true }: { readonly restorable?: boolean } = {},
): Promise<Snapshot | undefined> {
  return executor.first(
    { ...LABELS, method: 'latestSnapshot', operation: 'select' },
    sql`select ${stateSnapshots.select()} from evolution.state_snapshots
      where experiment_id = ${experimentId} and (is_restorable or not ${restorable}::boolean)
      order by generation_number desc, id desc limit 1`,
  );
}

/**
 * What a snapshot kept, after its population was found to be what it was then.
 * @throws RepositoryError NotFound, SnapshotMismatch.
 */
export async function restoreSnapshot(executor: Executor, id: string): Promise<RestoredPopulation> {
  const snapshot = await executor.first<
    RestoredPopulation & { readonly isRestorable: boolean; readonly isIntact: boolean }
  >(
    { method: 'restoreSnapshot', operation: 'select', table: stateSnapshots },
    sql`select s.generation_id, s.params, s.rng_state, s.elite, s.is_restorable,
        s.population_sha256 = ${POPULATION_SHA256} as is_intact
      from evolution.state_snapshots s join evolution.generations g on g.id = s.generation_id
      where s.id = ${id}`,
  );
  if (snapshot === undefined) throw new RepositoryError('NotFound', `there is no snapshot ${id}`);
  const { isRestorable, isIntact, ...restored } = snapshot;
  if (!isRestorable) throw new RepositoryError('SnapshotMismatch', `snapshot ${id} cannot be restored`);
  if (!isIntact)
    throw new RepositoryError('SnapshotMismatch', `the population of snapshot ${id} is not what it was`);
  return restored;
}

const CURRENT_PARAMS = raw(`e.params || jsonb_build_object('mutation_rate', e.mutation_rate,
    'crossover_rate', e.crossover_rate, 'selection_strategy', e.selection_strategy,
    'selection_params', e.selection_params, 'rng_seed', e.rng_seed::text)`);

const FITTEST = raw(`coalesce((
    select jsonb_agg(jsonb_build_object('agent_id', f.id, 'fitness', f.fitness, 'genome', f.genome)
      order by f.fitness desc, f.id)
    from (select a.id, a.fitness, a.genome from evolution.agents a
          where a.generation_id = g.id and a.fitness is not null
          order by a.fitness desc, a.id limit e.elite_size) f), '[]')`);

function value(name: 'params' | 'rngState' | 'elite' | 'checksumSha256', given: unknown): Fragment {
  return bind(stateSnapshots.column(name).facts, given);
}
