import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { copyIn } from '../../../src/lib/core/copy-in.js';
import { runTransaction } from '../../../src/lib/core/transaction.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await database.sql`drop table if exists numbers`;
  await database.sql`create table numbers (n integer primary key)`;
});
afterAll(async () => {
  await database.drop();
});

const COPY = 'copy numbers from stdin';

function load(chunks: Iterable<string> | AsyncIterable<string>): Promise<number> {
  return runTransaction(database.sql, (transaction) => copyIn(transaction, COPY, chunks), { retries: 0 });
}

async function count(): Promise<unknown> {
  const [row] = await database.sql<{ count: number }[]>`select count(*)::int as count from numbers`;
  return row?.count;
}

/** No backend may stay behind in a transaction, and no connection of the pool may be unusable. */
async function expectHealthyPool(): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 8 }, () => database.sql`select 1 as one`));
  expect(answers).toHaveLength(8);
  const [open] = await database.sql`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and state like 'idle in transaction%'`;
  expect(open).toEqual({ count: 0 });
}

function* lines(total: number): Generator<string> {
  for (let n = 0; n < total; n += 1000)
    yield Array.from({ length: Math.min(1000, total - n) }, (_, index) => `${n + index}\n`).join('');
}

test('loads every row and says how many', async () => {
  expect(await load(lines(250_500))).toBe(250_500);
  expect(await count()).toBe(250_500);
});

test('loads nothing from nothing', async () => {
  expect(await load([])).toBe(0);
  await expectHealthyPool();
});

test('a row refused after the last chunk rejects, and the next query is not taken for its success', async () => {
  await expect(load(['1\n', '2\n', 'three\n'])).rejects.toMatchObject({ code: '22P02' });
  await expect(load(['1\n', '1\n'])).rejects.toMatchObject({ code: '23505' });
  await expectHealthyPool();
  expect(await count()).toBe(0);
});

test('a row refused early rejects while the rest is still being sent', async () => {
  const source = function* () {
    yield 'x\n';
    yield* lines(3_000_000);
  };
  await expect(load(source())).rejects.toMatchObject({ code: '22P02' });
  await expectHealthyPool();
});

test('a source that fails takes the load back', async () => {
  const source = function* () {
    yield* lines(5000);
    throw new Error('the source broke');
  };
  await expect(load(source())).rejects.toThrow('the source broke');
  await expectHealthyPool();
  expect(await count()).toBe(0);
});

test('a statement the server refuses rejects', async () => {
  const refused = database.sql.begin((transaction) =>
    copyIn(transaction, 'copy nowhere from stdin', ['1\n']),
  );
  await expect(refused).rejects.toMatchObject({ code: '42P01' });
  await expectHealthyPool();
});

test('a killed backend rejects', async () => {
  const source = async function* () {
    yield* lines(5000);
    await database.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like 'copy numbers%'`;
    yield* lines(1_000_000);
  };
  await expect(load(source())).rejects.toThrow();
  // The pool may hand out the killed connection until it has seen its end.
  await vi.waitFor(expectHealthyPool, { timeout: 10_000 });
});

test('inside a savepoint, the outer transaction goes on', async () => {
  await database.sql.begin(async (transaction) => {
    await transaction`insert into numbers values (-1)`;
    const refused = transaction.savepoint((inner) => copyIn(inner, COPY, ['1\n', 'x\n']));
    await expect(refused).rejects.toMatchObject({ code: '22P02' });
    expect(await copyIn(transaction, COPY, ['2\n'])).toBe(1);
  });
  expect(await count()).toBe(2);
});
