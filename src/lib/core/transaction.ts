import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql, TransactionSql } from './database.js';
import { isServerError } from './to-error.js';

/** Serialization failure and deadlock: the transaction had no effect and may succeed when run again. */
const RETRYABLE = new Set(['40001', '40P01']);

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /** How often to run again after 40001 or 40P01; default 3. */
  readonly retries?: number;
  /** The person on whose behalf; triggers read it as `bk.actor`. */
  readonly actor?: string;
  /** Time limit for each statement in ms. */
  readonly timeoutMs?: number;
}

/**
 * Runs the work in one transaction, from the start again with jittered pauses when the server asks for it.
 * The work must have no side effects outside the transaction.
 */
export async function runTransaction<T>(
  sql: Sql,
  work: (transaction: TransactionSql) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const retries = options.retries ?? 3;
  for (let attempt = 0; ; attempt++) {
    try {
      const result = await sql.begin(beginMode(options), async (transaction) => {
        await applySettings(transaction, options);
        return work(transaction);
      });
      return result as T;
    } catch (error) {
      if (attempt >= retries || !isServerError(error) || !RETRYABLE.has(error.code)) throw error;
      await sleep(2 ** attempt * 20 * (0.5 + Math.random()));
    }
  }
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
