import { RepositoryError, sql, type Executor } from '../base/index.js';
import { requests } from './tables.js';

/** Removes the content of a request for good; its hash, results and trail stay. Doing it twice changes nothing. */
export async function redactContent(executor: Executor, id: string, actor: string): Promise<void> {
  const redacted = await executor.transaction(
    (inner) =>
      inner.run(
        { method: 'redactContent', operation: 'update', table: requests },
        sql`update verification.requests
          set content = null, redacted_at = coalesce(redacted_at, clock_timestamp()) where id = ${id}`,
      ),
    { actor },
  );
  if (redacted === 0) throw new RepositoryError('NotFound', `there is no request ${id}`);
}

/** Deletes requests that ended before then, in batches of their own transactions; the audit trail stays. */
export async function purgeRequests(
  executor: Executor,
  { finishedBefore, batch = 1000 }: { readonly finishedBefore: Date; readonly batch?: number },
): Promise<number> {
  let total = 0;
  for (;;) {
    const deleted = await executor.run(
      { method: 'purgeRequests', operation: 'delete', table: requests },
      sql`delete from verification.requests
        where ctid = any(array(
          select r.ctid from verification.requests r where r.finished_at < ${finishedBefore}
          limit ${batch} for update skip locked))`,
    );
    total += deleted;
    if (deleted < batch) return total;
  }
}
