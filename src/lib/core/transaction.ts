import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable, Sql, TransactionSql } from './database.js';
import { runReservedTransaction } from './reserved-transaction.js';
import { isConnectionLost, isServerError } from './to-error.js';

/** Serialization failure and deadlock: the transaction had no effect and may succeed when run again. */
const RETRYABLE = new Set(['40001', '40P01']);

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /** How often to run again after 40001 or 40P01; default 3. */
  readonly retries?: number;
  /** Told before each new run, with its number. */
  readonly onRetry?: (attempt: number) => void;
  /** The person on whose behalf; triggers read it as `bk.actor`. */
  readonly actor?: string;
  /** Time limit for each statement in ms. */
  readonly timeoutMs?: number;
}

/**
 * Runs the work in one transaction, from the start again with jittered pauses when the server asks for it.
 * The work must have no side effects outside the transaction.
 *
 * On a reserved connection it is a transaction too; inside a transaction it is a savepoint, and then neither
 * isolation nor retries apply, while actor and time limit hold until the outer transaction ends.
 */
export async function runTransaction<T>(
  sql: Queryable,
  work: (transaction: TransactionSql) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const prepared = async (transaction: TransactionSql) => {
    await applySettings(transaction, options);
    return work(transaction);
  };
  if (isTransaction(sql)) return (await sql.savepoint(prepared)) as T;

  const retries = options.retries ?? 3;
  for (let attempt = 0; ; attempt++) {
    try {
      return await beginTransaction(sql, beginMode(options), prepared);
    } catch (error) {
      if (attempt >= retries || !isRetryable(error)) throw error;
      options.onRetry?.(attempt + 1);
      await sleep(2 ** attempt * 20 * (0.5 + Math.random()));
    }
  }
}

async function beginTransaction<T>(
  sql: Queryable,
  mode: string,
  work: (transaction: TransactionSql) => Promise<T>,
): Promise<T> {
  return isPool(sql) ? beginInPool(sql, mode, work) : runReservedTransaction(sql, mode, work);
}

/**
 * postgres.js sends commit and rollback even when the server has closed the connection meanwhile, and then throws where
 * nobody can catch it. So work that ends on a lost connection is left unsettled: `begin` rejects by itself then.
 */
async function beginInPool<T>(
  sql: Sql,
  mode: string,
  work: (transaction: TransactionSql) => Promise<T>,
): Promise<T> {
  let isLost = false;
  let loss: unknown;
  const never = new Promise<never>(() => undefined);
  const begun = sql.begin(mode, async (transaction) => {
    try {
      const result = await work(transaction);
      return isLost ? await never : result;
    } catch (error) {
      if (!isLost && !isConnectionLost(error)) throw error;
      loss ??= error;
      return never;
    }
  });
  begun.catch(() => {
    isLost = true;
  });
  try {
    return (await begun) as T;
  } catch (error) {
    throw loss ?? error;
  }
}

function isTransaction(sql: Queryable): sql is TransactionSql {
  return 'savepoint' in sql;
}

function isPool(sql: Queryable): sql is Sql {
  return 'begin' in sql;
}

/** Looks through translated errors to what the server said. */
function isRetryable(error: unknown): boolean {
  if (isServerError(error)) return RETRYABLE.has(error.code);
  return error instanceof Error && error.cause !== undefined && isRetryable(error.cause);
}

function beginMode({ isolation = 'read committed', readOnly = false }: TransactionOptions): string {
  return `isolation level ${isolation}${readOnly ? ' read only' : ''}`;
}

async function applySettings(
  transaction: TransactionSql,
  { actor, timeoutMs }: TransactionOptions,
): Promise<void> {
  if (actor !== undefined) await transaction`select set_config('bk.actor', ${actor}, true)`;
  if (timeoutMs !== undefined)
    await transaction`select set_config('statement_timeout', ${String(timeoutMs)}, true)`;
}
