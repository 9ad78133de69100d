import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NewRow } from '../../../../src/lib/repositories/base/table.js';
import { createDatabase, type TestDatabase } from '../../../support/database.js';
import { createScratchTables, ThingRepository, type things as table } from './scratch.js';

type NewThing = NewRow<typeof table>;

let database: TestDatabase;
let things: ThingRepository;
let operations: string[];

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await createScratchTables(database.sql);
  operations = [];
  things = new ThingRepository(database.sql, { onQuery: ({ operation }) => operations.push(operation) });
});
afterAll(async () => {
  await database.drop();
});

function rows(total: number, from = 0): NewThing[] {
  return Array.from({ length: total }, (_, n) => ({ thingKey: `k${from + n}`, size: 1 + (n % 9) }));
}

/** What COPY's text form could get wrong. */
const AWKWARD: NewThing = {
  thingKey: 'tab\t newline\n return\r back\\slash \\N \\.',
  score: null,
  tags: ['a\tb', 'c"d', String.raw`e\f`, 'NULL'],
  data: { text: 'tab\t\\ "quoted"\n', max_retries: 3 },
  amount: '0.10',
};

describe.each(['unnest', 'copy'] as const)('by %s', (method) => {
  test('stores what create stores', async () => {
    expect(await things.bulkInsert([AWKWARD], { method })).toBe(1);
    const stored = await things.findOne({ thingKey: AWKWARD.thingKey });
    expect(stored).toMatchObject({ ...AWKWARD, size: 7, rowVersion: '1' });
  });

  test('a refused row loads nothing', async () => {
    const refused = things.bulkInsert(
      [...rows(20), { thingKey: 'k3' }].map((row) => ({ size: 1, ...row })),
      { method },
    );
    await expect(refused).rejects.toMatchObject({ kind: 'Conflict', constraint: 'things_thing_key_key' });
    expect(await things.count()).toBe(0);
  });

  test('passes over conflicts when told to, twice in one transaction', async () => {
    await things.bulkInsert(rows(10));
    await things.transaction(async (inside) => {
      expect(await inside.bulkInsert(rows(10, 5), { method, onConflict: 'ignore' })).toBe(5);
      expect(await inside.bulkInsert(rows(10, 10), { method, onConflict: 'ignore' })).toBe(5);
    });
    expect(await things.count()).toBe(20);
  });

  test('nothing to insert is no failure', async () => {
    expect(await things.bulkInsert([], { method })).toBe(0);
    expect(operations).toEqual([]);
  });
});

test('rows may leave out different columns', async () => {
  await things.bulkInsert([{ thingKey: 'a' }, { thingKey: 'b', size: 3 }, { thingKey: 'c', score: 0.5 }]);
  const { items } = await things.list({ order: [['thingKey', 'asc']] });
  expect(items.map(({ size, score }) => [size, score])).toEqual([
    [7, null],
    [3, null],
    [7, 0.5],
  ]);
});

test('a COPY has one list of columns, and says which one breaks it', async () => {
  const mixed = things.bulkInsert([{ thingKey: 'a' }, { thingKey: 'b', size: 3 }], { method: 'copy' });
  await expect(mixed).rejects.toThrow(/only some rows of a COPY into scratch\.things give size/);
  expect(await things.bulkInsert([{ thingKey: 'a' }, { thingKey: 'b', score: 1 }], { method: 'copy' })).toBe(
    2,
  );
});

test('few rows go by unnest and many by COPY, from any source', async () => {
  expect(await things.bulkInsert(rows(4999))).toBe(4999);
  expect(operations).toEqual(['insert']);
  const source = async function* () {
    for (const row of rows(12_345, 10_000)) yield await Promise.resolve(row);
  };
  expect(await things.bulkInsert(source())).toBe(12_345);
  expect(operations).toEqual(['insert', 'copy']);
  expect(await things.count()).toBe(17_344);
});

test('a source that fails loads nothing, and is told to end when a row is refused', async () => {
  let ended = false;
  const source = function* (): Generator<NewThing> {
    try {
      yield* rows(6000);
      yield* rows(6000);
    } finally {
      ended = true;
    }
  };
  await expect(things.bulkInsert(source())).rejects.toMatchObject({ kind: 'Conflict' });
  expect(ended).toBe(true);
  const reason = new RangeError('the source broke');
  const broken = function* (): Generator<NewThing> {
    yield* rows(6000);
    throw reason;
  };
  await expect(things.bulkInsert(broken())).rejects.toBe(reason);
  expect(await things.count()).toBe(0);
});
