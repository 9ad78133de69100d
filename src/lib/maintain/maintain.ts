import type { ConnectionTarget } from '../core/connection.js';
import { withDatabase, type Sql, type TransactionSql } from '../core/database.js';
import type { OnProgress } from '../core/progress.js';
import { toBkDbError } from '../core/to-error.js';
import { DEFAULT_LOCK_TIMEOUT_MS, runPartitionTransaction } from './partition-transaction.js';
import { readPartitions, readPolicies } from './partitions.js';
import { requirePartitionPolicies } from './schema-check.js';
import { summarise, type Action, type Run } from './summary.js';
import type { MaintainResult } from './types.js';

export interface MaintainDeps {
  readonly target: ConnectionTarget;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress;
}

export interface MaintainOptions {
  /** Does everything in a transaction that is rolled back. */
  readonly dryRun?: boolean | undefined;
  /** How long to wait for one lock, and thus make writers wait behind it, in ms; default 2000, 0 no limit. */
  readonly lockTimeoutMs?: number | undefined;
}

/**
 * Applies every partition policy: creates the partitions ahead, moves rows out of the default ones, drops whole
 * partitions whose time to be kept is over. All of it or, after a failure, none. Runs may overlap: one waits.
 * @throws BkDbError NOT_FOUND (no policies in this database), TIMEOUT (a table stayed locked), PERMISSION (not the
 * owner of the tables).
 */
export async function maintain(deps: MaintainDeps, options: MaintainOptions = {}): Promise<MaintainResult> {
  const { target, signal } = deps;
  const started = performance.now();
  try {
    return await withDatabase(target, { signal }, async ({ sql }) => {
      await requirePartitionPolicies(sql, target.database);
      const policies = await readPolicies(sql);
      deps.onProgress?.({ phase: 'maintaining partitions' });
      const run = await applyPolicies(sql, options);
      const named = (exists: boolean) =>
        policies.filter((policy) => policy.exists === exists).map(({ parent }) => parent);
      return {
        database: target.database,
        dryRun: options.dryRun ?? false,
        tables: named(true).map((table) => summarise(table, run)),
        missing: named(false),
        durationMs: Math.round(performance.now() - started),
      };
    });
  } catch (error) {
    // What a cancelled statement reports is not the reason.
    signal?.throwIfAborted();
    throw toBkDbError(error);
  }
}

function applyPolicies(sql: Sql, { dryRun = false, lockTimeoutMs }: MaintainOptions): Promise<Run> {
  const work = async (transaction: TransactionSql): Promise<Run> => {
    const before = await readPartitions(transaction);
    const actions = await transaction<Action[]>`
      select m.parent, m.action, m.partition from bk.maintain_partitions() m`;
    return { before, actions, after: await readPartitions(transaction) };
  };
  return runPartitionTransaction(sql, work, {
    lockTimeoutMs: lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS,
    rollBack: dryRun,
  });
}
