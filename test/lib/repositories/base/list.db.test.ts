import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Order } from '../../../../src/lib/repositories/base/order.js';
import type { Row } from '../../../../src/lib/repositories/base/table.js';
import { createDatabase, type TestDatabase } from '../../../support/database.js';
import { createScratchTables, ThingRepository, type things as table } from './scratch.js';

type Thing = Row<typeof table>;

let database: TestDatabase;
let things: ThingRepository;

beforeAll(async () => {
  database = await createDatabase();
  await createScratchTables(database.sql);
  things = new ThingRepository(database.sql);
  // Neighbours a microsecond apart, equal times, equal and missing scores: what a page boundary may fall on.
  const start = '2025-06-01T00:00:00.333';
  await things.bulkInsert(
    Array.from({ length: 97 }, (_, n) => ({
      thingKey: `k${String(n).padStart(3, '0')}`,
      size: 1 + (n % 4),
      score: n % 3 === 0 ? null : (n % 5) / 10,
      madeAt: `${start}${String(Math.floor(n / 2)).padStart(3, '0')}Z`,
    })),
  );
});
afterAll(async () => {
  await database.drop();
});

async function pages(order: Order<Thing>, limit: number): Promise<string[]> {
  const keys: string[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof things.list>> = await things.list({
      order,
      limit,
      ...(after === null ? {} : { after }),
    });
    keys.push(...page.items.map((thing) => thing.thingKey));
    after = page.next;
  } while (after !== null);
  return keys;
}

describe('keyset pages', () => {
  test.each<[string, Order<Thing>]>([
    ['id', [['id', 'asc']]],
    ['made_at desc, id desc', [['madeAt', 'desc']]],
    [
      'size, made_at desc, id desc',
      [
        ['size', 'asc'],
        ['madeAt', 'desc'],
      ],
    ],
    ['score desc nulls last, id desc', [['score', 'desc']]],
    [
      'score nulls last, thing_key desc, id desc',
      [
        ['score', 'asc'],
        ['thingKey', 'desc'],
      ],
    ],
  ])('by %s show every row once, in the order of the database', async (orderBy, order) => {
    const expected = await database.sql.unsafe<{ thing_key: string }[]>(
      `select thing_key from scratch.things order by ${orderBy}`,
    );
    for (const limit of [1, 7, 97, 1000])
      expect(await pages(order, limit)).toEqual(expected.map((row) => row.thing_key));
  });

  test('have no next when they end with the last row', async () => {
    expect(await things.list({ limit: 97 })).toMatchObject({ next: null });
    expect(await things.list({ limit: 96 })).toMatchObject({ next: expect.any(String) as string });
    expect(await things.list({ filter: { size: 99 } })).toEqual({ items: [], next: null });
  });

  test('are reached through the index, however deep', async () => {
    await database.sql`create index on scratch.things (made_at desc, id desc)`;
    const statements: string[] = [];
    await database.sql.begin(async (transaction) => {
      await transaction`set local enable_seqscan = off`;
      const { next } = await things.list({ order: [['madeAt', 'desc']], limit: 50 });
      const place = JSON.parse(Buffer.from(next ?? '', 'base64url').toString()) as [string, string[]];
      const plan = await transaction`explain (costs off) select * from scratch.things r
        where (r.made_at, r.id) < (${place[1][0] ?? ''}::text::timestamptz, ${place[1][1] ?? ''}::text::uuid)
        order by r.made_at desc, r.id desc limit 50`;
      statements.push(...plan.map((row) => String(row['QUERY PLAN'])));
    });
    expect(statements.join('\n')).toMatch(/Index Cond: \(ROW\(made_at, id\) < ROW/);
  });
});

describe('a cursor', () => {
  test('keeps microseconds', async () => {
    const { next } = await things.list({ order: [['madeAt', 'asc']], limit: 3 });
    expect(Buffer.from(next ?? '', 'base64url').toString()).toContain('00:00:00.333001');
  });

  test.each([
    '',
    'rubbish',
    Buffer.from('[1,2]').toString('base64url'),
    Buffer.from('["x",[]]').toString('base64url'),
  ])('%j is refused', async (after) => {
    await expect(things.list({ after })).rejects.toMatchObject({ kind: 'BadValue' });
  });

  test('of another order is refused', async () => {
    const { next } = await things.list({ order: [['size', 'asc']], limit: 1 });
    await expect(things.list({ order: [['size', 'desc']], after: next ?? '' })).rejects.toThrow(
      /another order/,
    );
  });
});

describe('limits and orders', () => {
  test.each([0, -1, 1001, 1.5, Number.NaN])('limit %d is refused', async (limit) => {
    await expect(things.list({ limit })).rejects.toThrow(/a page has 1 to 1000 rows/);
    await expect(things.listByOffset({ limit })).rejects.toThrow(/a page has 1 to 1000 rows/);
  });

  test.each([
    [[['amount', 'asc']], /cannot be ordered by amount/],
    [[['nope', 'asc']], /no column nope/],
    [[['size', 'asc; drop table scratch.things']], /must be asc or desc/],
  ])('order %j is refused', async (order, message) => {
    await expect(things.list({ order: order as never })).rejects.toThrow(message);
  });
});

test('offset pages say where they are, and count when asked', async () => {
  const page = await things.listByOffset({
    order: [['thingKey', 'asc']],
    limit: 10,
    offset: 90,
    withTotal: true,
  });
  expect(page).toMatchObject({ total: 97, offset: 90, limit: 10 });
  expect(page.items.map((thing) => thing.thingKey)).toEqual([
    'k090',
    'k091',
    'k092',
    'k093',
    'k094',
    'k095',
    'k096',
  ]);
  expect(await things.listByOffset({ limit: 1 })).toMatchObject({ total: undefined });
  await expect(things.listByOffset({ offset: -1 })).rejects.toThrow(/offset/);
});

test('a stream gives all rows in batches and can be left at any time', async () => {
  const sizes: number[] = [];
  for await (const batch of things.stream({ limit: 40 })) sizes.push(batch.length);
  expect(sizes).toEqual([40, 40, 17]);
  for await (const batch of things.stream({ filter: { size: 1 }, limit: 5 })) {
    expect(batch).toHaveLength(5);
    break;
  }
  expect(await things.count()).toBe(97);
});
