import type { Queryable, TransactionSql } from './database.js';

/**
 * Runs the work in a transaction on a reserved connection, which postgres.js gives no `begin`.
 * The work gets savepoints as in any other transaction; unlike those of postgres.js they are released, so that thousands one
 * after the other do not nest and slow the server down.
 */
export async function runReservedTransaction<T>(
  connection: Queryable,
  mode: string,
  work: (transaction: TransactionSql) => Promise<T>,
): Promise<T> {
  await connection.unsafe(`begin ${mode}`);
  let result: T;
  try {
    result = await work(withSavepoints(connection, 0));
  } catch (error) {
    // A lost connection took the transaction with it.
    await connection.unsafe('rollback').catch(() => undefined);
    throw error;
  }
  await connection.unsafe('commit');
  return result;
}

function withSavepoints(connection: Queryable, depth: number): TransactionSql {
  const savepoint = async <T>(work: (transaction: TransactionSql) => Promise<T>): Promise<T> => {
    const name = `reserved_${depth}`;
    await connection.unsafe(`savepoint ${name}`);
    try {
      const result = await work(withSavepoints(connection, depth + 1));
      await connection.unsafe(`release savepoint ${name}`);
      return result;
    } catch (error) {
      await connection.unsafe(`rollback to savepoint ${name}`).catch(() => undefined);
      throw error;
    }
  };
  const callable = (...args: Parameters<Queryable>) => connection(...args);
  return Object.assign(callable, connection, { savepoint }) as unknown as TransactionSql;
}
