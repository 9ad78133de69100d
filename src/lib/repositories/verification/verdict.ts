import { join, raw, RepositoryError, rowFragments, sql, type Executor } from '../base/index.js';
import {
  requestMetrics,
  requests,
  results,
  type NewResult,
  type Request,
  type RequestMetrics,
  type Result,
} from './tables.js';

/** A claimed request: its id and the token of the claim. */
export interface Claim {
  readonly id: string;
  readonly token: string;
}

const FINISHED = raw(
  'finished_at = clock_timestamp(), claim_token = null, claimed_by = null, claim_expires_at = null',
);

/** Stores a framework's judgement; the same lease may correct it. @throws RepositoryError LostLease. */
export async function recordResult(
  executor: Executor,
  { id, token }: Claim,
  result: NewResult,
): Promise<Result> {
  const row = rowFragments(results, { ...result, requestId: id });
  const replaced = Object.keys(results.columns).filter(
    (name) => !['id', 'requestId', 'framework'].includes(name),
  );
  const assignments = replaced.map(
    (name) => sql`${results.reference(name)} = excluded.${results.reference(name)}`,
  );
  const stored = await executor.first(
    { method: 'recordResult', operation: 'insert', table: results, row: results.row },
    sql`with lease as (
        select from verification.requests r where r.id = ${id} and r.claim_token = ${token} for share
      )
      insert into verification.results (${row.columns})
      select ${row.values} from lease
      on conflict (request_id, framework) do update set ${join(assignments, ', ')}
      returning ${results.select()}`,
  );
  return stored ?? refuseLost(id);
}

/**
 * Completes a request and aggregates its results.
 * @throws RepositoryError LostLease; MissingResults naming the required frameworks that have none.
 */
export async function completeRequest(executor: Executor, { id, token }: Claim): Promise<RequestMetrics> {
  const spec = { method: 'completeRequest', operation: 'update', table: requests } as const;
  return executor.transaction(async (inner) => {
    // Locked by a statement of its own: what is read afterwards includes every result that was on its way.
    const held = await inner.run(
      { ...spec, operation: 'select' },
      sql`select from verification.requests where id = ${id} and claim_token = ${token} for no key update`,
    );
    if (held === 0) return refuseLost(id);
    const missing = await inner.first<{ readonly frameworks: string | null }>(
      { ...spec, operation: 'select' },
      sql`select string_agg(f.framework::text, ', ' order by f.framework) as frameworks
        from verification.request_frameworks f
        where f.request_id = ${id} and f.required and not exists (
          select from verification.results x where x.request_id = f.request_id and x.framework = f.framework)`,
    );
    if (typeof missing?.frameworks === 'string')
      throw new RepositoryError('MissingResults', `request ${id} lacks results of ${missing.frameworks}`);
    await inner.run(
      spec,
      sql`update verification.requests set status = 'completed', ${FINISHED} where id = ${id}`,
    );
    const metrics = await inner.first(
      { method: 'completeRequest', operation: 'insert', table: requestMetrics, row: requestMetrics.row },
      aggregate(id),
    );
    return metrics ?? refuseLost(id);
  });
}

/** Ends a request as failed, or hands it back while attempts are left. @throws RepositoryError LostLease. */
export async function failRequest(
  executor: Executor,
  { id, token }: Claim,
  { reason, retry = false }: { readonly reason: string; readonly retry?: boolean },
): Promise<Request> {
  const again = sql`${retry}::boolean and r.attempts < r.max_attempts`;
  const failed = await executor.first(
    { method: 'failRequest', operation: 'update', table: requests, row: requests.row },
    sql`update verification.requests r
      set status = case when ${again} then 'pending' else 'failed' end::verification.request_status,
          finished_at = case when not (${again}) then clock_timestamp() end,
          failure_reason = ${reason}, claim_token = null, claimed_by = null, claim_expires_at = null
      where r.id = ${id} and r.claim_token = ${token}
      returning ${requests.select('r')}`,
  );
  return failed ?? refuseLost(id);
}

/** Ends a request nobody wants any more, waiting or claimed. @throws RepositoryError IllegalTransition, NotFound. */
export async function cancelRequest(executor: Executor, id: string, reason: string): Promise<Request> {
  const cancelled = await executor.first(
    { method: 'cancelRequest', operation: 'update', table: requests, row: requests.row },
    sql`update verification.requests set status = 'cancelled', failure_reason = ${reason}, ${FINISHED}
      where id = ${id} returning ${requests.select()}`,
  );
  if (cancelled === undefined) throw new RepositoryError('NotFound', `there is no request ${id}`);
  return cancelled;
}

/** Scores are rounded before they are compared with a threshold: (2 x 0.9 + 0.3) / 3 is 0.7000000000000001. */
function aggregate(id: string) {
  return sql`insert into verification.request_metrics (request_id, overall_score, min_score, max_score, avg_score,
      score_stddev, frameworks_total, frameworks_passed, frameworks_failed, frameworks_errored, frameworks_skipped,
      total_execution_ms, wall_clock_ms, risk_factors)
    select r.id,
      round((sum(f.weight * x.score::numeric) / nullif(sum(f.weight) filter (where x.score is not null), 0)), 6)::float8,
      min(x.score), max(x.score), avg(x.score), stddev_pop(x.score),
      count(*), count(*) filter (where x.outcome = 'passed'), count(*) filter (where x.outcome = 'failed'),
      count(*) filter (where x.outcome = 'error'), count(*) filter (where coalesce(x.outcome, 'skipped') = 'skipped'),
      coalesce(sum(x.execution_time_ms), 0), greatest(0, extract(epoch from r.finished_at - r.started_at) * 1000)::bigint,
      coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
          'framework', f.framework, 'outcome', x.outcome, 'score', x.score, 'error', x.error)) order by f.framework)
        filter (where x.outcome in ('failed', 'error')), '[]')
    from verification.requests r
      join verification.request_frameworks f on f.request_id = r.id
      left join verification.results x on x.request_id = f.request_id and x.framework = f.framework
    where r.id = ${id}
    group by r.id
    returning ${requestMetrics.select()}`;
}

function refuseLost(id: string): never {
  throw new RepositoryError('LostLease', `the claim on request ${id} is lost`);
}
