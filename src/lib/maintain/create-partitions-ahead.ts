import type { ConnectionTarget } from '../core/connection.js';
import { withDatabase, type Sql } from '../core/database.js';
import { toBkDbError } from '../core/to-error.js';
import { isLockTimeout } from './lock-timeout.js';
import { DEFAULT_LOCK_TIMEOUT_MS, runPartitionTransaction } from './partition-transaction.js';
import { hasPartitionPolicies } from './schema-check.js';

export interface PartitionsAheadDeps {
  readonly target: ConnectionTarget;
  readonly signal?: AbortSignal | undefined;
  /** Told of each partition created, and of tables that were in use. */
  readonly onNotice?: (text: string) => void;
}

/**
 * Creates the partitions ahead that are missing, and drops none; does nothing in a database without policies.
 * A table that is in use is no failure, because there is a default partition and `maintain` comes back to it.
 * @returns the names of the partitions created.
 * @throws BkDbError PERMISSION (a partition is missing and the role is not the owner of the table), or of connecting.
 */
export async function createPartitionsAhead(deps: PartitionsAheadDeps): Promise<readonly string[]> {
  const { target, signal, onNotice } = deps;
  try {
    const created = await withDatabase(target, { signal }, async ({ sql }) =>
      (await hasPartitionPolicies(sql)) ? await ensureAhead(sql) : [],
    );
    for (const partition of created) onNotice?.(`created partition ${partition}`);
    return created;
  } catch (cause) {
    signal?.throwIfAborted();
    const error = toBkDbError(cause);
    if (!isLockTimeout(error)) throw error;
    onNotice?.(`partitions ahead were not created: ${error.message}; run \`bk-db maintain\` later`);
    return [];
  }
}

async function ensureAhead(sql: Sql): Promise<readonly string[]> {
  const created = await runPartitionTransaction(
    sql,
    (transaction) => transaction<{ partition: string }[]>`
      select e.partition
        from bk.partition_policies p
       cross join lateral bk.ensure_partitions(
         p.parent, pg_catalog.now(), pg_catalog.now() + p.ahead * ('1 ' || p.step)::interval) e
       where pg_catalog.to_regclass(p.parent) is not null
       order by p.parent`,
    { lockTimeoutMs: DEFAULT_LOCK_TIMEOUT_MS },
  );
  return created.map(({ partition }) => partition);
}
