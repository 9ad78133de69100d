import {
  bind,
  insertOne,
  milliseconds,
  raw,
  RepositoryError,
  rowFragments,
  sql,
  type Executor,
  type NewRow,
} from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { executionMetrics, executions, type Execution, type NewExecutionMetrics } from './tables.js';

/** An execution to be queued. It runs with the environment's active configuration unless it names another. */
export type NewExecution = NewRow<typeof executions> & { readonly environment?: string };

/** What a run has taken: percent of one processor, MB of memory, percent of one graphics processor. */
export interface Usage {
  readonly cpuPercent?: number;
  readonly memoryMb?: number;
  readonly gpuPercent?: number;
}

export interface Completion {
  /** Any JSON but null. */
  readonly output: unknown;
  readonly usage?: Usage;
  readonly metrics?: NewExecutionMetrics;
}

export interface Failure {
  readonly errorType: string;
  readonly message: string;
  /** Queue the same work again, as a new execution. */
  readonly retry?: boolean;
}

const LABELS = { operation: 'update', table: executions, row: executions.row } as const;

/** Queues an execution with the configuration that is active now: the environment's own, else the default one. */
export async function enqueue(
  executor: Executor,
  { environment = 'default', configId, ...work }: NewExecution,
): Promise<Execution> {
  const { framework } = work;
  const row = rowFragments(executions, work);
  const config =
    configId === undefined
      ? sql`(select c.id from framework.configs c
          where c.framework = ${framework} and c.status = 'active' and c.environment in (${environment}, 'default')
          order by (c.environment = ${environment}) desc limit 1)`
      : bind(executions.column('configId').facts, configId);
  return executor.one(
    { ...LABELS, method: 'enqueue', operation: 'insert' },
    sql`insert into framework.executions (config_id, ${row.columns})
      values (${config}, ${row.values}) returning ${executions.select()}`,
  );
}

/** Takes the next queued executions, each by exactly one worker. */
export async function claimExecutions(
  executor: Executor,
  {
    worker,
    framework,
    limit,
  }: { readonly worker: string; readonly framework?: FrameworkKind; readonly limit: number },
): Promise<Execution[]> {
  return executor.rows(
    { ...LABELS, method: 'claimExecutions' },
    sql`with next as (
        select e.id from framework.executions e
        where e.status = 'queued' ${framework === undefined ? raw('') : sql`and e.framework = ${framework}`}
        order by e.created_at, e.id
        limit ${limit}
        for update skip locked
      ), claimed as (
        update framework.executions e
        set status = 'running', worker = ${worker}, started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
        from next where e.id = next.id
        returning e.*
      )
      select ${executions.select('c')} from claimed c order by c.created_at, c.id`,
  );
}

/** Tells that the worker is alive; false when the execution is no longer its own. */
export async function heartbeat(executor: Executor, id: string, worker: string): Promise<boolean> {
  const touched = await executor.run(
    { ...LABELS, method: 'heartbeat' },
    sql`update framework.executions set heartbeat_at = clock_timestamp()
      where id = ${id} and worker = ${worker} and status = 'running'`,
  );
  return touched > 0;
}

/** Ends a running execution with its output and metrics. @throws RepositoryError LostLease when it does not run. */
export async function complete(
  executor: Executor,
  id: string,
  { output, usage = {}, metrics }: Completion,
): Promise<Execution> {
  return executor.transaction(async (inner) => {
    const completed = await inner.first(
      { ...LABELS, method: 'complete' },
      sql`update framework.executions
        set status = 'completed', output = ${bind(executions.column('output').facts, output)},
            finished_at = clock_timestamp(), cpu_percent = ${usage.cpuPercent ?? null},
            memory_mb = ${usage.memoryMb ?? null}, gpu_percent = ${usage.gpuPercent ?? null}
        where id = ${id} and status = 'running' returning ${executions.select()}`,
    );
    if (completed === undefined) return refuseNotRunning(id);
    if (metrics !== undefined)
      await inner.run(
        { method: 'complete', operation: 'insert', table: executionMetrics },
        insertOne(executionMetrics, { ...metrics, executionId: id }),
      );
    return completed;
  });
}

/** Ends a running execution as failed, and queues its retry when asked. @throws RepositoryError LostLease. */
export async function fail(
  executor: Executor,
  id: string,
  { errorType, message, retry = false }: Failure,
): Promise<{ readonly execution: Execution; readonly retry: Execution | undefined }> {
  return executor.transaction(async (inner) => {
    const execution = await inner.first(
      { ...LABELS, method: 'fail' },
      sql`update framework.executions
        set status = 'failed', error_type = ${errorType}, error_message = ${message}, finished_at = clock_timestamp()
        where id = ${id} and status = 'running' returning ${executions.select()}`,
    );
    if (execution === undefined) return refuseNotRunning(id);
    return { execution, retry: retry ? await queueRetry(inner, id) : undefined };
  });
}

/** Ends an execution nobody wants any more. @throws RepositoryError IllegalTransition when it has ended, NotFound. */
export async function cancel(executor: Executor, id: string): Promise<Execution> {
  const cancelled = await executor.first(
    { ...LABELS, method: 'cancel' },
    sql`update framework.executions set status = 'cancelled', finished_at = clock_timestamp()
      where id = ${id} returning ${executions.select()}`,
  );
  if (cancelled === undefined) throw new RepositoryError('NotFound', `there is no execution ${id}`);
  return cancelled;
}

/** Ends running executions whose worker has been silent for so long; returns how many. */
export async function reapStalled(
  executor: Executor,
  { silentMs, limit = 100 }: { readonly silentMs: number; readonly limit?: number },
): Promise<number> {
  return executor.run(
    { ...LABELS, method: 'reapStalled' },
    sql`with stalled as (
        select e.id from framework.executions e
        where e.status = 'running' and e.heartbeat_at < clock_timestamp() - ${milliseconds(silentMs)}
        order by e.heartbeat_at limit ${limit} for update skip locked
      )
      update framework.executions e
      set status = 'timeout', finished_at = clock_timestamp(), error_message = 'no sign of life from ' || e.worker
      from stalled where e.id = stalled.id`,
  );
}

/** The same work once more: a new row, so that what failed stays as it was. */
async function queueRetry(executor: Executor, id: string): Promise<Execution> {
  return executor.one(
    { ...LABELS, method: 'fail', operation: 'insert' },
    sql`insert into framework.executions as x
        (execution_key, framework, framework_version, config_id, request_id, retry_of_id, attempt, input, metadata)
      select regexp_replace(e.execution_key, ':a[0-9]+$', '') || ':a' || (e.attempt + 1), e.framework,
        e.framework_version, e.config_id, e.request_id, e.id, e.attempt + 1, e.input, e.metadata
      from framework.executions e where e.id = ${id}
      returning ${executions.select('x')}`,
  );
}

function refuseNotRunning(id: string): never {
  throw new RepositoryError('LostLease', `execution ${id} is not running`, {
    hint: 'It was never claimed, has ended, or was given up because its worker was silent.',
  });
}
