import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../../support/database.js';
import { onEveryConnection } from '../../../support/schema-database.js';
import { createScratchTables, ThingRepository } from './scratch.js';

const NO_ID = '00000000-0000-7000-8000-000000000000';

let database: TestDatabase;
let things: ThingRepository;

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await createScratchTables(database.sql);
  things = new ThingRepository(database.sql);
});
afterAll(async () => {
  await database.drop();
});

describe('values', () => {
  test('come back as they went in', async () => {
    const data = { max_retries: 1, nested: { some_key: [null, 'a'] } };
    const tags = ['say "hi"', 'null', String.raw`back\slash`, 'a,b', ''];
    const created = await things.create({ thingKey: 'a', amount: '12345678901234567890.10', data, tags });
    expect(created).toMatchObject({
      amount: '12345678901234567890.10',
      data,
      tags,
      score: null,
      rowVersion: '1',
    });
    expect(created.madeAt).toBeInstanceOf(Date);
    expect(await things.get(created.id)).toEqual(created);
  });

  test('an ISO text writes a time to the microsecond', async () => {
    const madeAt = '2025-06-01T00:00:00.333778Z';
    await things.create({ thingKey: 'a', madeAt });
    expect(await things.count({ madeAt })).toBe(1);
    expect(await things.count({ madeAt: new Date(madeAt) })).toBe(0);
  });

  test.each([
    [{ thingKey: 'a', size: undefined }, /size is undefined/],
    [{ thingKey: 'a', rowVersion: '9' }, /rowVersion is not written by callers/],
    [{ thingKey: 'a', nope: 1 }, /no column nope/],
    [{ size: 1 }, /needs thingKey/],
  ])('a new row %j is refused before any SQL', async (values, message) => {
    await expect(things.create(values as never)).rejects.toThrow(message);
  });
});

describe('finding', () => {
  test('find gives undefined and get throws when there is no row', async () => {
    expect(await things.find(NO_ID)).toBeUndefined();
    await expect(things.get(NO_ID)).rejects.toMatchObject({ kind: 'NotFound', code: 'NOT_FOUND' });
  });

  test('text that is no id is a bad value', async () => {
    await expect(things.find('x')).rejects.toMatchObject({ kind: 'BadValue' });
  });

  test('getMany keeps the order of the ids, repeated ones too', async () => {
    const [a, b] = await things.createMany([{ thingKey: 'a' }, { thingKey: 'b' }]);
    const ids = [b?.id ?? '', a?.id ?? '', b?.id ?? ''];
    expect((await things.getMany(ids)).map((thing) => thing.thingKey)).toEqual(['b', 'a', 'b']);
    expect(await things.findMany([NO_ID, ...ids])).toHaveLength(3);
    await expect(things.getMany([...ids, NO_ID])).rejects.toThrow(NO_ID);
  });

  test('a locked row is passed over with skip', async () => {
    const { id } = await things.create({ thingKey: 'a' });
    await things.transaction(async (inside) => {
      expect(await inside.get(id, { lock: 'update' })).toMatchObject({ id });
      expect(await things.find(id, { lock: 'skip' })).toBeUndefined();
    });
  });

  test('counts, exactly and by estimate', async () => {
    await things.bulkInsert(
      Array.from({ length: 500 }, (_, n) => ({ thingKey: `k${n}`, size: 1 + (n % 5) })),
    );
    await database.sql`analyze scratch.things`;
    expect(await things.count({ size: 3 })).toBe(100);
    expect(await things.count(undefined, { estimate: true })).toBe(500);
    expect(await things.count({ size: 3 }, { estimate: true })).toBeGreaterThan(50);
    expect(await things.exists({ size: 5 })).toBe(true);
    expect(await things.exists({ size: 6 })).toBe(false);
  });
});

describe('changing', () => {
  test('update with the expected version succeeds once', async () => {
    const { id, rowVersion } = await things.create({ thingKey: 'a' });
    expect(await things.update(id, { size: 1 }, { expectedVersion: rowVersion })).toMatchObject({
      size: 1,
      rowVersion: '2',
    });
    await expect(things.update(id, { size: 2 }, { expectedVersion: rowVersion })).rejects.toMatchObject({
      kind: 'StaleVersion',
    });
    await expect(things.update(NO_ID, { size: 2 }, { expectedVersion: 1n })).rejects.toMatchObject({
      kind: 'NotFound',
    });
  });

  test.each([
    [{}, /empty patch/],
    [{ thingKey: 'b' }, /thingKey cannot be updated/],
    [{ rowVersion: '7' }, /rowVersion cannot be updated/],
    [{ size: undefined }, /size is undefined/],
  ])('the patch %j is refused', async (patch, message) => {
    await expect(things.update(NO_ID, patch as never)).rejects.toThrow(message);
  });

  test('changes to many rows want a filter', async () => {
    await things.createMany([{ thingKey: 'a' }, { thingKey: 'b', size: 1 }]);
    await expect(things.updateWhere({}, { size: 2 })).rejects.toThrow(/empty filter/);
    await expect(things.deleteWhere({})).rejects.toThrow(/empty filter/);
    expect(await things.updateWhere({ size: { lt: 5 } }, { score: 0.5 })).toBe(1);
    expect(await things.deleteWhere({ score: 0.5 })).toBe(1);
    expect(await things.count()).toBe(1);
  });

  test('delete says whether there was a row', async () => {
    const { id } = await things.create({ thingKey: 'a' });
    expect(await things.delete(id)).toBe(true);
    expect(await things.delete(id)).toBe(false);
  });

  test('upsert inserts, changes, and leaves a row alone that says the same', async () => {
    const conflict = { conflict: ['thingKey'] } as const;
    expect(await things.upsert({ thingKey: 'a', size: 1 }, conflict)).toMatchObject({ rowVersion: '1' });
    expect(await things.upsert({ thingKey: 'a', size: 2 }, conflict)).toMatchObject({
      size: 2,
      rowVersion: '2',
    });
    const [before] = await database.sql`select xmin from scratch.things`;
    expect(await things.upsert({ thingKey: 'a', size: 2 }, conflict)).toMatchObject({
      size: 2,
      rowVersion: '2',
    });
    expect(await database.sql`select xmin from scratch.things`).toEqual([before]);
    expect(
      await things.upsertMany(
        [
          { thingKey: 'a', size: 2 },
          { thingKey: 'b', size: 2 },
        ],
        conflict,
      ),
    ).toBe(1);
  });

  test('a broken rule names its constraint', async () => {
    await things.create({ thingKey: 'a' });
    await expect(things.create({ thingKey: 'a' })).rejects.toMatchObject({
      kind: 'Conflict',
      constraint: 'things_thing_key_key',
      code: 'DATA_REJECTED',
    });
    await expect(things.create({ thingKey: 'b', size: 0 })).rejects.toMatchObject({
      kind: 'Check',
      constraint: 'things_size_positive',
    });
    await expect(things.create({ thingKey: 'b', parentId: NO_ID })).rejects.toMatchObject({
      kind: 'Reference',
    });
  });
});

describe('relations', () => {
  async function family() {
    const [parent] = await things.createMany([{ thingKey: 'parent' }]);
    const children = await things.createMany([
      { thingKey: 'b', parentId: parent?.id ?? null },
      { thingKey: 'c', parentId: parent?.id ?? null },
      { thingKey: 'd' },
    ]);
    await things.addParts(children[0]?.id ?? '', ['z', 'x', 'y']);
    await things.addParts(children[1]?.id ?? '', ['w']);
    return children;
  }

  test('load along with a row', async () => {
    const [child] = await family();
    const loaded = await things.get(child?.id ?? '', { with: ['parts', 'firstParts', 'parent'] });
    expect(loaded.parts.map((part) => part.name)).toEqual(['x', 'y', 'z']);
    expect(loaded.firstParts.map((part) => part.name)).toEqual(['x', 'y']);
    expect(loaded.parent?.thingKey).toBe('parent');
  });

  test('take one query each, however many rows', async () => {
    await family();
    const methods: string[] = [];
    const watched = new ThingRepository(database.sql, { onQuery: ({ method }) => methods.push(method) });
    const { items } = await watched.list();
    const loaded = await watched.loadRelations(items, ['parts', 'firstParts', 'parent']);
    expect(methods).toEqual(['list', 'load.parts', 'load.firstParts', 'load.parent']);
    const names = Object.fromEntries(
      loaded.map((row) => [row.thingKey, row.firstParts.map((part) => part.name)]),
    );
    expect(names).toEqual({ parent: [], b: ['x', 'y'], c: ['w'], d: [] });
    expect(loaded.find((row) => row.thingKey === 'd')?.parent).toBeNull();
  });

  test('no query for no rows, and none for a name that is none', async () => {
    const methods: string[] = [];
    const watched = new ThingRepository(database.sql, { onQuery: ({ method }) => methods.push(method) });
    expect(await watched.find(NO_ID, { with: ['parts'] })).toBeUndefined();
    expect(methods).toEqual(['find']);
    await expect(
      watched.list().then(({ items }) => watched.loadRelations(items, ['constructor' as never])),
    ).rejects.toThrow(/no relation constructor/);
  });
});

describe('transactions', () => {
  test('every kind of connection serves, and nested ones are savepoints', async () => {
    await onEveryConnection(database.sql, async (kind, connection) => {
      const repository = things.with(connection);
      await repository.transaction(async (outer) => {
        await outer.create({ thingKey: `${kind} kept` });
        const inner = outer.transaction(async (nested) => {
          await nested.create({ thingKey: `${kind} lost` });
          await nested.create({ thingKey: `${kind} kept` });
        });
        await expect(inner).rejects.toMatchObject({ kind: 'Conflict' });
        await outer.createMany([{ thingKey: `${kind} 1` }, { thingKey: `${kind} 2`, size: 2 }]);
      });
    });
    const { items } = await things.list({ order: [['thingKey', 'asc']] });
    expect(items.map((thing) => thing.thingKey)).toEqual(
      ['pool', 'reserved', 'transaction'].flatMap((kind) => [`${kind} 1`, `${kind} 2`, `${kind} kept`]),
    );
  });

  test('a failed one leaves nothing and no open transaction', async () => {
    const reserved = await database.sql.reserve();
    const reason = new RangeError('changed my mind');
    for (const connection of [database.sql, reserved]) {
      const failed = things.with(connection).transaction(async (inside) => {
        await inside.create({ thingKey: 'a' });
        throw reason;
      });
      await expect(failed).rejects.toBe(reason);
    }
    reserved.release();
    expect(await things.count()).toBe(0);
    const [open] = await database.sql`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`;
    expect(open).toEqual({ count: 0 });
  });

  test('a deadlock is run again, and says so', async () => {
    const [a, b] = await things.createMany([{ thingKey: 'a' }, { thingKey: 'b' }]);
    const outcomes: string[] = [];
    const watched = new ThingRepository(database.sql, {
      onTransaction: ({ outcome, retries }) =>
        outcomes.push(`${outcome} ${retries > 0 ? 'again' : 'at once'}`),
    });
    let waiting = 2;
    let release: () => void = () => undefined;
    const bothHoldOne = new Promise<void>((resolve) => (release = resolve));
    const add = async (first = '', second = '') =>
      watched.transaction(async (inside) => {
        await inside.update(first, { score: Math.random() });
        if (--waiting <= 0) release();
        await bothHoldOne;
        await inside.update(second, { score: Math.random() });
      });
    await Promise.all([add(a?.id, b?.id), add(b?.id, a?.id)]);
    expect(outcomes.sort()).toEqual(['committed again', 'committed at once']);
  });

  test('actor and time limit hold inside', async () => {
    const [row] = await things.transaction(
      (_, transaction) => transaction`select current_setting('bk.actor') as actor`,
      { actor: 'ann' },
    );
    expect(row).toEqual({ actor: 'ann' });
    const slow = things.transaction((_, transaction) => transaction`select pg_sleep(10)`, { timeoutMs: 20 });
    await expect(slow).rejects.toMatchObject({ kind: 'Timeout', code: 'TIMEOUT' });
  });
});
