import { milliseconds, raw, RepositoryError, rowFragments, sql, type Executor } from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { stateHeads, states, type State } from './tables.js';
import type { StateKind } from './vocabulary.js';

/** A state of a framework, by its key. */
export interface StateName {
  readonly framework: FrameworkKind;
  readonly stateKey: string;
}

/** A value kept here (any JSON but null), or the place of a large one outside with its checksum. */
export type StateContent =
  | { readonly value: unknown }
  | { readonly uri: string; readonly checksumSha256: Uint8Array; readonly sizeBytes?: string };

export type SaveStateOptions = StateContent & {
  readonly kind: StateKind;
  /** How long it may be read; for ever unless given. */
  readonly ttlMs?: number;
  /** The version this one follows; 0: there is none yet. */
  readonly expectedVersion?: number;
};

/** Stores the next version of a state and returns its number. @throws RepositoryError StaleVersion. */
export async function saveState(
  executor: Executor,
  { framework, stateKey }: StateName,
  { ttlMs, expectedVersion, ...state }: SaveStateOptions,
): Promise<number> {
  return executor.transaction(async (inner) => {
    // The head first: its row lock puts writers in order, and the version follows from it.
    const head = await inner.one<{ readonly currentVersion: number }>(
      { method: 'saveState', operation: 'insert', table: stateHeads },
      sql`insert into framework.state_heads as h (framework, state_key, current_version)
        values (${framework}, ${stateKey}, 1)
        on conflict (framework, state_key) do update
        set current_version = h.current_version + 1, updated_at = clock_timestamp()
        returning h.current_version`,
    );
    const version = head.currentVersion;
    if (expectedVersion !== undefined && version !== expectedVersion + 1)
      throw new RepositoryError(
        'StaleVersion',
        `state ${stateKey} of ${framework} is at version ${version - 1}, not ${expectedVersion}`,
      );
    const row = rowFragments(states, { ...state, framework, stateKey, version });
    const expiry = ttlMs === undefined ? raw('null') : sql`clock_timestamp() + ${milliseconds(ttlMs)}`;
    await inner.run(
      { method: 'saveState', operation: 'insert', table: states },
      sql`insert into framework.states (expires_at, ${row.columns}) values (${expiry}, ${row.values})`,
    );
    return version;
  });
}

/** The current version of a state unless it has expired, or a certain version; undefined when there is none. */
export async function findState(
  executor: Executor,
  { framework, stateKey }: StateName,
  version?: number,
): Promise<State | undefined> {
  const wanted =
    version === undefined
      ? sql`s.version = h.current_version and (s.expires_at is null or s.expires_at > clock_timestamp())`
      : sql`s.version = ${version}`;
  return executor.first(
    { method: 'findState', operation: 'select', table: states, row: states.row },
    sql`select ${states.select('s')} from framework.state_heads h
        join framework.states s on s.framework = h.framework and s.state_key = h.state_key
      where h.framework = ${framework} and h.state_key = ${stateKey} and ${wanted}`,
  );
}

/** The current states of a framework that have not expired, by key. */
export async function listStates(
  executor: Executor,
  framework: FrameworkKind,
  kind?: StateKind,
): Promise<State[]> {
  return executor.rows(
    { method: 'listStates', operation: 'select', table: states, row: states.row },
    sql`select ${states.select('s')} from framework.state_heads h
        join framework.states s
          on s.framework = h.framework and s.state_key = h.state_key and s.version = h.current_version
      where h.framework = ${framework} and (s.expires_at is null or s.expires_at > clock_timestamp())
        ${kind === undefined ? raw('') : sql`and s.kind = ${kind}`}
      order by s.state_key`,
  );
}

export interface PruneOptions {
  /** Delete versions beyond the newest so many of each state. */
  readonly keepVersions?: number;
  /** Delete versions that have expired. */
  readonly expired?: boolean;
}

/** Deletes old versions, never a current one nor one that a checkpoint holds; returns how many. */
export async function pruneStates(
  executor: Executor,
  { keepVersions, expired = false }: PruneOptions,
): Promise<number> {
  if (keepVersions !== undefined && !(Number.isInteger(keepVersions) && keepVersions >= 1))
    throw new RepositoryError('BadValue', `at least 1 version is kept, not ${keepVersions}`);
  return executor.run(
    { method: 'pruneStates', operation: 'delete', table: states },
    sql`delete from framework.states s using framework.state_heads h
      where h.framework = s.framework and h.state_key = s.state_key and s.version <> h.current_version
        and (s.version <= h.current_version - ${keepVersions ?? null}::int
          or (${expired}::boolean and s.expires_at < clock_timestamp()))
        and not exists (
          select from framework.checkpoint_entries e
          where e.framework = s.framework and e.state_key = s.state_key and e.version = s.version)`,
  );
}
