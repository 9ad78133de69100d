import type { Sql, TransactionSql } from '../core/database.js';
import { runTransaction } from '../core/transaction.js';
import { nameLockTimeout } from './lock-timeout.js';

/** One wait for a lock: whoever writes the table queues behind it for as long. */
export const DEFAULT_LOCK_TIMEOUT_MS = 2_000;

export interface PartitionTransaction {
  readonly lockTimeoutMs: number;
  /** Takes everything back at the end; the result of the work stays. */
  readonly rollBack?: boolean;
}

/** Runs the work in a transaction with a limit for each lock; a deadlock with writers runs it again. @throws BkDbError TIMEOUT */
export async function runPartitionTransaction<T>(
  sql: Sql,
  work: (transaction: TransactionSql) => Promise<T>,
  { lockTimeoutMs, rollBack = false }: PartitionTransaction,
): Promise<T> {
  try {
    return await runTransaction(sql, async (transaction) => {
      await transaction`select pg_catalog.set_config('lock_timeout', ${String(lockTimeoutMs)}, true)`;
      const result = await work(transaction);
      if (rollBack) throw new RollBack(result);
      return result;
    });
  } catch (error) {
    if (error instanceof RollBack) return error.result as T;
    throw nameLockTimeout(error, lockTimeoutMs);
  }
}

/** The only way out of a transaction of postgres.js without a commit. */
class RollBack extends Error {
  readonly result: unknown;

  constructor(result: unknown) {
    super('rolled back on purpose');
    this.result = result;
  }
}
