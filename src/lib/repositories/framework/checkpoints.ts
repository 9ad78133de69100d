import {
  bindList,
  insertOne,
  listRows,
  raw,
  RepositoryError,
  sql,
  type Executor,
  type NewRow,
  type Page,
  type PageOptions,
} from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { checkpoints, stateHeads, states, type Checkpoint } from './tables.js';
import { restoredStateSchema, type RestoredState } from './types.js';
import type { CheckpointKind } from './vocabulary.js';

/** A checkpoint to be made; of all the framework's states unless it names their keys. */
export type NewCheckpoint = Omit<NewRow<typeof checkpoints>, 'framework'> & {
  readonly keys?: readonly string[];
};

const LABELS = { table: checkpoints, row: checkpoints.row } as const;
const TEXT = { pgType: 'text', encoding: 'text' } as const;

/** Holds on to the exact versions that are current now, together. @throws RepositoryError NotFound. */
export async function createCheckpoint(
  executor: Executor,
  framework: FrameworkKind,
  { keys, ...checkpoint }: NewCheckpoint,
): Promise<Checkpoint> {
  return executor.transaction(async (inner) => {
    // No writer gets between the versions: their heads are locked, in key order, before any is read.
    const wanted = keys === undefined ? raw('') : sql`and state_key = any(${bindList(TEXT, keys)})`;
    const locked = await inner.rows<{ readonly stateKey: string }>(
      { method: 'createCheckpoint', operation: 'select', table: stateHeads },
      sql`select state_key from framework.state_heads where framework = ${framework} ${wanted}
        order by state_key for share`,
    );
    const missing = keys?.find((key) => !locked.some(({ stateKey }) => stateKey === key));
    if (missing !== undefined || locked.length === 0)
      throw new RepositoryError('NotFound', `${framework} has no state ${missing ?? 'to keep'}`);
    const created = await inner.one(
      { ...LABELS, method: 'createCheckpoint', operation: 'insert' },
      sql`${insertOne(checkpoints, { ...checkpoint, framework })} returning ${checkpoints.select()}`,
    );
    await inner.run(
      { ...LABELS, method: 'createCheckpoint', operation: 'insert' },
      sql`insert into framework.checkpoint_entries (checkpoint_id, framework, state_key, version)
        select ${created.id}::uuid, framework, state_key, current_version from framework.state_heads
        where framework = ${framework} ${wanted}`,
    );
    return created;
  });
}

/** Makes the versions of a checkpoint current again, each as a new version. @throws RepositoryError NotFound. */
export async function restoreCheckpoint(executor: Executor, id: string): Promise<RestoredState[]> {
  return executor.transaction(async (inner) => {
    await inner.run(
      { method: 'restoreCheckpoint', operation: 'select', table: stateHeads },
      sql`select from framework.state_heads h
          join framework.checkpoint_entries e on e.framework = h.framework and e.state_key = h.state_key
        where e.checkpoint_id = ${id} order by h.state_key for update of h`,
    );
    const raised = await inner.run(
      { method: 'restoreCheckpoint', operation: 'update', table: stateHeads },
      sql`update framework.state_heads h
        set current_version = h.current_version + 1, updated_at = clock_timestamp()
        from framework.checkpoint_entries e
        where e.checkpoint_id = ${id} and e.framework = h.framework and e.state_key = h.state_key`,
    );
    if (raised === 0) throw new RepositoryError('NotFound', `there is no checkpoint ${id}`);
    return inner.rows(
      { method: 'restoreCheckpoint', operation: 'insert', table: states, row: restoredStateSchema },
      sql`insert into framework.states as n
          (framework, state_key, version, kind, value, uri, checksum_sha256, size_bytes, restored_from)
        select s.framework, s.state_key, h.current_version, s.kind, s.value, s.uri, s.checksum_sha256, s.size_bytes,
          s.version
        from framework.checkpoint_entries e
          join framework.states s
            on s.framework = e.framework and s.state_key = e.state_key and s.version = e.version
          join framework.state_heads h on h.framework = e.framework and h.state_key = e.state_key
        where e.checkpoint_id = ${id} order by s.state_key
        returning n.state_key, n.version, n.restored_from`,
    );
  });
}

/** A page of a framework's checkpoints, the latest first. */
export async function listCheckpoints(
  executor: Executor,
  framework: FrameworkKind,
  page: PageOptions = {},
): Promise<Page<Checkpoint>> {
  return listRows(
    executor,
    { method: 'listCheckpoints', table: checkpoints },
    { ...page, filter: { framework } },
  );
}

/** The framework's latest checkpoint, optionally of a kind; undefined when there is none. */
export async function latestCheckpoint(
  executor: Executor,
  framework: FrameworkKind,
  kind?: CheckpointKind,
): Promise<Checkpoint | undefined> {
  return executor.first(
    { ...LABELS, method: 'latestCheckpoint', operation: 'select' },
    sql`select ${checkpoints.select()} from framework.checkpoints
      where framework = ${framework} ${kind === undefined ? raw('') : sql`and kind = ${kind}`}
      order by created_at desc, id desc limit 1`,
  );
}

/** Marks a checkpoint as one to keep, or no longer. @throws RepositoryError NotFound. */
export async function pinCheckpoint(executor: Executor, id: string, isPinned: boolean): Promise<Checkpoint> {
  const pinned = await executor.first(
    { ...LABELS, method: 'pinCheckpoint', operation: 'update' },
    sql`update framework.checkpoints set is_pinned = ${isPinned} where id = ${id} returning ${checkpoints.select()}`,
  );
  if (pinned === undefined) throw new RepositoryError('NotFound', `there is no checkpoint ${id}`);
  return pinned;
}
