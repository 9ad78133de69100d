import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  monitoredQuery,
  monitoredTransaction,
} from '../../../../src/lib/repositories/base/monitor-decorators.js';
import { monitorPool } from '../../../../src/lib/repositories/base/monitor-pool.js';
import {
  monitorQuery,
  type PoolEvent,
  type QueryEvent,
  type QueryHooks,
  type TransactionEvent,
} from '../../../../src/lib/repositories/base/monitor.js';
import { withMonitoring } from '../../../../src/lib/repositories/base/with-monitoring.js';
import { createDatabase, type TestDatabase } from '../../../support/database.js';
import { createScratchTables, ThingRepository } from './scratch.js';

let database: TestDatabase;
let queries: QueryEvent[];
let transactions: TransactionEvent[];
let hooks: QueryHooks;

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await createScratchTables(database.sql);
  queries = [];
  transactions = [];
  hooks = {
    onQuery: (event) => queries.push(event),
    onTransaction: (event) => transactions.push(event),
  };
});
afterAll(async () => {
  await database.drop();
});

const names = () => queries.map(({ method, operation, rows }) => `${method} ${operation} ${rows}`);

describe('query hooks', () => {
  test('hear of each statement, with its rows and time', async () => {
    const things = new ThingRepository(database.sql, hooks);
    const { id } = await things.create({ thingKey: 'a' });
    await things.createMany([{ thingKey: 'b' }, { thingKey: 'c' }]);
    await things.list();
    await things.update(id, { size: 1 });
    await things.deleteWhere({ size: 7 });
    expect(names()).toEqual([
      'create insert 1',
      'createMany insert 2',
      'list select 3',
      'update update 1',
      'deleteWhere delete 2',
    ]);
    for (const { ms, table, error } of queries) {
      expect(ms).toBeGreaterThan(0);
      expect(table).toBe('scratch.things');
      expect(error).toBeUndefined();
    }
  });

  test('hear why a statement failed, but never a value', async () => {
    const secret = 'canary-7f3a';
    const things = new ThingRepository(database.sql, hooks);
    await things.create({ thingKey: secret });
    await things.create({ thingKey: secret }).catch(() => undefined);
    await things.find(secret).catch(() => undefined);
    await things.transaction((inside) => inside.create({ thingKey: secret })).catch(() => undefined);
    expect(queries.map(({ error }) => error)).toEqual([
      undefined,
      { sqlState: '23505', kind: 'Conflict' },
      { sqlState: '22P02', kind: 'BadValue' },
      { sqlState: '23505', kind: 'Conflict' },
    ]);
    expect(transactions).toEqual([{ ms: expect.any(Number) as number, outcome: 'rolledBack', retries: 0 }]);
    expect(JSON.stringify([queries, transactions])).not.toContain(secret);
  });

  test('follow a repository into a transaction', async () => {
    const things = new ThingRepository(database.sql, hooks);
    await things.transaction(async (inside) => inside.create({ thingKey: 'a' }));
    expect(names()).toEqual(['create insert 1']);
    expect(transactions).toMatchObject([{ outcome: 'committed', retries: 0 }]);
  });
});

test('a monitored class reports its methods once each, beside their statements', async () => {
  const Monitored = withMonitoring(ThingRepository);
  const things = new Monitored(database.sql, hooks);
  await things.createMany([{ thingKey: 'a' }, { thingKey: 'b', size: 1 }]);
  await things.transaction((inside) => inside.count());
  await things.getMany(['00000000-0000-7000-8000-000000000000']).catch(() => undefined);
  const calls = queries.filter(({ operation }) => operation === 'call');
  expect(calls.map(({ method, rows, error }) => [method, rows, error?.kind])).toEqual([
    ['createMany', 2, undefined],
    ['count', 2, undefined],
    ['getMany', 0, 'NotFound'],
  ]);
  expect(Monitored.name).toBe('ThingRepository');
  expect(things).toBeInstanceOf(ThingRepository);
});

describe('decorators', () => {
  class Counter {
    readonly hooks = hooks;
  }
  async function rows(this: Counter, total: number): Promise<number[]> {
    await Promise.resolve();
    if (total < 0) throw new RangeError('negative');
    return Array.from({ length: total }, (_, index) => index);
  }

  test('report what the plain wrapper reports', async () => {
    const labels = { operation: 'select', table: 'scratch.things' } as const;
    const decorated = monitoredQuery(labels)(rows, { name: 'rows' } as never);
    const counter = new Counter();
    await decorated.call(counter, 3);
    await monitorQuery(hooks, { ...labels, method: 'rows' }, () => rows.call(counter, 3));
    await decorated.call(counter, -1).catch(() => undefined);
    await monitorQuery(hooks, { ...labels, method: 'rows' }, () => rows.call(counter, -1)).catch(
      () => undefined,
    );
    const [first, second, third, fourth] = queries.map((event) => ({ ...event, ms: 0 }));
    expect(first).toEqual({ ...labels, method: 'rows', rows: 3, ms: 0 });
    expect(second).toEqual(first);
    expect(third).toEqual({
      ...labels,
      method: 'rows',
      rows: 0,
      ms: 0,
      error: { sqlState: undefined, kind: 'RangeError' },
    });
    expect(fourth).toEqual(third);
    await monitoredTransaction(rows).call(counter, 1);
    expect(transactions).toMatchObject([{ outcome: 'committed' }]);
  });

  test('work as decorators where a toolchain knows them', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { monitoredQuery } from './monitor-decorators.ts';
          export class Words {
            constructor(hooks) { this.hooks = hooks; }
            @monitoredQuery({ operation: 'select', table: 'words' }) async list() { return ['a', 'b']; }
          }`,
        resolveDir: new URL('../../../../src/lib/repositories/base', import.meta.url).pathname,
        loader: 'ts',
      },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: ['postgres'],
      logLevel: 'silent',
    });
    const source = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
    const { Words } = (await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`)) as {
      Words: new (hooks: QueryHooks) => { list(): Promise<string[]> };
    };
    expect(await new Words(hooks).list()).toEqual(['a', 'b']);
    expect(names()).toEqual(['list select 2']);
  });
});

test('the pool tells how busy it is', async () => {
  const events: PoolEvent[] = [];
  const sql = monitorPool(database.sql, 4, { onPool: (event) => events.push(event) });
  const things = new ThingRepository(sql);
  await Promise.all(Array.from({ length: 6 }, (_, n) => things.create({ thingKey: `k${n}` })));
  expect(events.find(({ waiting }) => waiting === 2)).toEqual({ total: 4, busy: 4, idle: 0, waiting: 2 });
  expect(events.at(-1)).toEqual({ total: 4, busy: 0, idle: 4, waiting: 0 });

  events.length = 0;
  const condition = sql`where thing_key = ${'k1'}`;
  expect(await sql`select size from scratch.things ${condition}`).toHaveLength(1);
  await sql`select 1 / 0`.catch(() => undefined);
  await sql.begin((transaction) => transaction`select 1`);
  const reserved = await sql.reserve();
  expect(events.at(-1)).toMatchObject({ busy: 1 });
  reserved.release();
  await sleep(0);
  expect(events.map(({ busy }) => busy)).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
});
