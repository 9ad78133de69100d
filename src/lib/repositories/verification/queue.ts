import {
  bindList,
  loadRelations,
  milliseconds,
  raw,
  sql,
  type Executor,
  type Fragment,
  type Related,
} from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { requestFrameworks, requestRelations, requests, type Request } from './tables.js';

export interface ClaimOptions {
  /** Who works on the requests; shown in the audit trail. */
  readonly worker: string;
  /** At most so many. */
  readonly limit: number;
  /** How long the claim holds unless it is extended. */
  readonly leaseMs: number;
  /** Only requests that ask for any of these. */
  readonly frameworks?: readonly FrameworkKind[];
}

/** A request this worker holds. Its `claimToken` proves that in every later call. */
export type ClaimedRequest = Request & { readonly claimToken: string } & Related<
    typeof requestRelations,
    'frameworks'
  >;

const UNCLAIMED = raw('claim_token = null, claimed_by = null, claim_expires_at = null');

/** Takes the next waiting requests, each by exactly one worker however many ask at once. */
export async function claimRequests(
  executor: Executor,
  { worker, limit, leaseMs, frameworks }: ClaimOptions,
): Promise<ClaimedRequest[]> {
  const claimed = await executor.rows(
    { method: 'claimRequests', operation: 'update', table: requests, row: requests.row },
    sql`with next as (
        select r.id from verification.requests r
        where r.status = 'pending' and r.deadline_at > clock_timestamp() and r.attempts < r.max_attempts
          ${asksForAny(frameworks)}
        order by r.priority, r.created_at, r.id
        limit ${limit}
        for update skip locked
      ), claimed as (
        update verification.requests r
        set status = 'in_progress', claim_token = gen_random_uuid(), claimed_by = ${worker},
            claim_expires_at = clock_timestamp() + ${milliseconds(leaseMs)},
            attempts = r.attempts + 1, started_at = coalesce(r.started_at, clock_timestamp())
        from next where r.id = next.id
        returning r.*
      )
      select ${requests.select('c')} from claimed c order by c.priority, c.created_at, c.id`,
  );
  const loaded = await loadRelations(executor, requestRelations, { rows: claimed, names: ['frameworks'] });
  return loaded as ClaimedRequest[];
}

/** The next requests in the queue, most urgent first, without claiming them. */
export async function getPendingRequests(
  executor: Executor,
  limit: number,
  clientId?: string,
): Promise<Request[]> {
  return executor.rows(
    { method: 'getPendingRequests', operation: 'select', table: requests, row: requests.row },
    sql`select ${requests.select('r')} from verification.requests r
      where r.status = 'pending'${clientId === undefined ? raw('') : sql` and r.client_id = ${clientId}`}
      order by r.priority, r.created_at, r.id limit ${limit}`,
  );
}

/** Holds a claim longer, from now on; false when it was lost. */
export async function extendClaim(
  executor: Executor,
  { id, token, leaseMs }: { readonly id: string; readonly token: string; readonly leaseMs: number },
): Promise<boolean> {
  const extended = await executor.run(
    { method: 'extendClaim', operation: 'update', table: requests },
    sql`update verification.requests set claim_expires_at = clock_timestamp() + ${milliseconds(leaseMs)}
      where id = ${id} and claim_token = ${token}`,
  );
  return extended > 0;
}

/** Gives a claim back untried: the attempt does not count. False when it was lost. */
export async function releaseClaim(executor: Executor, id: string, token: string): Promise<boolean> {
  const released = await executor.run(
    { method: 'releaseClaim', operation: 'update', table: requests },
    sql`update verification.requests set status = 'pending', attempts = attempts - 1, ${UNCLAIMED}
      where id = ${id} and claim_token = ${token}`,
  );
  return released > 0;
}

/** Takes requests back whose lease has run out: pending again, or failed when their attempts are used up. */
export async function reclaimExpired(executor: Executor, limit: number): Promise<number> {
  return executor.run(
    { method: 'reclaimExpired', operation: 'update', table: requests },
    sql`with expired as (
        select r.id, r.attempts >= r.max_attempts as exhausted from verification.requests r
        where r.status = 'in_progress' and r.claim_expires_at < clock_timestamp()
        order by r.claim_expires_at
        limit ${limit}
        for update skip locked
      )
      update verification.requests r
      set status = case when e.exhausted then 'failed' else 'pending' end::verification.request_status,
          failure_reason = 'the lease of ' || r.claimed_by || ' expired',
          finished_at = case when e.exhausted then clock_timestamp() end, ${UNCLAIMED}
      from expired e where r.id = e.id`,
  );
}

/** Ends requests past their deadline, waiting or claimed. */
export async function timeoutOverdue(executor: Executor, limit: number): Promise<number> {
  return executor.run(
    { method: 'timeoutOverdue', operation: 'update', table: requests },
    sql`with overdue as (
        select r.id from verification.requests r
        where (r.status = 'pending' or r.status = 'in_progress') and r.deadline_at < clock_timestamp()
        limit ${limit}
        for update skip locked
      )
      update verification.requests r set status = 'timeout', finished_at = clock_timestamp(), ${UNCLAIMED}
      from overdue where r.id = overdue.id`,
  );
}

function asksForAny(frameworks: readonly FrameworkKind[] | undefined): Fragment {
  if (frameworks === undefined) return raw('');
  const list = bindList(requestFrameworks.column('framework').facts, frameworks);
  return sql`and exists (
    select from verification.request_frameworks f where f.request_id = r.id and f.framework = any(${list}))`;
}
