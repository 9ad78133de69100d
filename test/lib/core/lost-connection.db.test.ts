import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransactionSql } from '../../../src/lib/core/database.js';
import { runTransaction } from '../../../src/lib/core/transaction.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(async () => {
  await database.drop();
});

/** Ends the transaction's own session from another one, and waits until its socket is closed. */
async function loseConnection(transaction: TransactionSql): Promise<void> {
  const [row] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid`;
  await database.sql`select pg_terminate_backend(${row?.pid ?? 0})`;
  await sleep(300);
}

/** postgres.js alone throws a TypeError out of a timer in each of these cases, which ends the process. */
describe('a transaction whose session is ended', () => {
  it('rejects when the work goes on without the database and succeeds', async () => {
    await expect(runTransaction(database.sql, loseConnection, { retries: 0 })).rejects.toThrow();
  });

  it('rejects when the work fails for another reason afterwards', async () => {
    const work = async (transaction: TransactionSql) => {
      await loseConnection(transaction);
      throw new Error('something else');
    };
    await expect(runTransaction(database.sql, work, { retries: 0 })).rejects.toThrow();
  });

  it('leaves a pool that works', async () => {
    await sleep(300);
    const [row] = await database.sql<{ one: number }[]>`select 1 as one`;
    expect(row?.one).toBe(1);
  });
});
