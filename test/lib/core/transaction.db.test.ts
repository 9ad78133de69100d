import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TransactionSql } from '../../../src/lib/core/database.js';
import { runTransaction } from '../../../src/lib/core/transaction.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await database.sql`create table account (id int primary key, amount int not null)`;
});

beforeEach(async () => {
  await database.sql`delete from account`;
  await database.sql`insert into account values (1, 100), (2, 100)`;
});

afterAll(async () => {
  await database.drop();
});

/** Lets all who call it go on when the n-th has come; later calls go through. */
function rendezvous(count: number): () => Promise<void> {
  let waiting = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  return async () => {
    waiting++;
    if (waiting >= count) open();
    await all;
  };
}

async function add(transaction: TransactionSql, id: number, amount: number): Promise<void> {
  await transaction`update account set amount = amount + ${amount} where id = ${id}`;
}

async function amounts(): Promise<number[]> {
  const rows = await database.sql<{ amount: number }[]>`select amount from account order by id`;
  return rows.map(({ amount }) => amount);
}

test('commits what the work did and gives its result', async () => {
  const result = await runTransaction(database.sql, async (transaction) => {
    await add(transaction, 1, 5);
    return 'done';
  });
  expect([result, await amounts()]).toEqual(['done', [105, 100]]);
});

test('rolls back on failure, which is passed on, without a second run', async () => {
  let runs = 0;
  const work = runTransaction(database.sql, async (transaction) => {
    runs++;
    await add(transaction, 1, 5);
    throw new Error('mine');
  });
  await expect(work).rejects.toThrow('mine');
  expect([runs, await amounts()]).toEqual([1, [100, 100]]);
});

test('an error of the server that is not for retrying is not retried', async () => {
  let runs = 0;
  const work = runTransaction(database.sql, async (transaction) => {
    runs++;
    await transaction`insert into account values (1, 0)`;
  });
  await expect(work).rejects.toMatchObject({ code: '23505' });
  expect(runs).toBe(1);
});

describe('two sessions in each other’s way', () => {
  test('a serialization failure (40001) is run again, and nothing is lost', async () => {
    const meet = rendezvous(2);
    const retries: number[] = [];
    const increment = () =>
      runTransaction(
        database.sql,
        async (transaction) => {
          const [row] = await transaction<{ amount: number }[]>`select amount from account where id = 1`;
          await meet();
          await transaction`update account set amount = ${(row?.amount ?? 0) + 1} where id = 1`;
        },
        { isolation: 'serializable', onRetry: (attempt) => retries.push(attempt) },
      );
    await Promise.all([increment(), increment()]);
    expect(await amounts()).toEqual([102, 100]);
    expect(retries.length).toBeGreaterThanOrEqual(1);
  });

  test('a deadlock (40P01) is run again', async () => {
    const meet = rendezvous(2);
    const retries: number[] = [];
    const move = (from: number, to: number) =>
      runTransaction(
        database.sql,
        async (transaction) => {
          await transaction`set local deadlock_timeout = '50ms'`;
          await add(transaction, from, -10);
          await meet();
          await add(transaction, to, 10);
        },
        { onRetry: (attempt) => retries.push(attempt) },
      );
    await Promise.all([move(1, 2), move(2, 1)]);
    expect([await amounts(), retries]).toEqual([[100, 100], [1]]);
  });

  test.each([0, 2])('gives up after %d retries with the error of the server', async (retries) => {
    let runs = 0;
    const work = runTransaction(
      database.sql,
      async (transaction) => {
        runs++;
        await transaction`select amount from account where id = 1`;
        await database.sql`update account set amount = amount + 1 where id = 1`;
        await add(transaction, 1, 1);
      },
      { isolation: 'repeatable read', retries },
    );
    await expect(work).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(retries + 1);
  });
});

test('options reach the transaction and end with it', async () => {
  const seen = await runTransaction(
    database.sql,
    async (transaction) => {
      const [row] = await transaction`select current_setting('transaction_isolation') as isolation,
        current_setting('transaction_read_only') as "readOnly", current_setting('bk.actor') as actor,
        current_setting('statement_timeout') as timeout`;
      return row;
    },
    { isolation: 'repeatable read', readOnly: true, actor: `o'brien"; --`, timeoutMs: 1500 },
  );
  expect(seen).toEqual({
    isolation: 'repeatable read',
    readOnly: 'on',
    actor: `o'brien"; --`,
    timeout: '1500ms',
  });
  const [after] = await database.sql`select current_setting('bk.actor', true) as actor`;
  expect(after?.['actor'] ?? '').toBe('');
});

test('the time limit ends a statement', async () => {
  const work = runTransaction(database.sql, (transaction) => transaction`select pg_sleep(10)`, {
    timeoutMs: 50,
  });
  await expect(work).rejects.toMatchObject({ code: '57014' });
});
