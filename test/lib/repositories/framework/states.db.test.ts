import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameworkRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';

let database: TestDatabase;
let repository: FrameworkRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 10 });
  repository = new FrameworkRepository(database.sql);
});
afterAll(async () => {
  await database.drop();
});

const model = (value: unknown) => ({ kind: 'model', value }) as const;

describe('states', () => {
  test('40 concurrent saves make versions 1 to 40', async () => {
    const saves = Array.from({ length: 40 }, (_, n) =>
      repository.saveState('empirical', 'raced', model({ n })),
    );
    expect((await Promise.all(saves)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, n) => n + 1),
    );
    expect((await repository.getState('empirical', 'raced')).version).toBe(40);
  });

  test('an expected version is held to', async () => {
    const save = (expectedVersion: number) =>
      repository.saveState('empirical', 'guarded', { ...model({ a_b: 1 }), expectedVersion });
    await expect(save(3)).rejects.toMatchObject({ kind: 'StaleVersion' });
    expect(await save(0)).toBe(1);
    await expect(save(0)).rejects.toMatchObject({ kind: 'StaleVersion' });
    expect(await save(1)).toBe(2);
    expect(await repository.getState('empirical', 'guarded')).toMatchObject({
      version: 2,
      value: { a_b: 1 },
    });
  });

  test('any JSON is a value, and large ones stay outside', async () => {
    for (const value of [0, 'text', false, [], [null]]) {
      await repository.saveState('utility', 'any', model(value));
      expect((await repository.getState('utility', 'any')).value).toEqual(value);
    }
    const place = {
      uri: 's3://models/7.pt',
      checksumSha256: new Uint8Array(32).fill(7),
      sizeBytes: '123456789012',
    };
    await repository.saveState('utility', 'weights', { kind: 'model', ...place });
    expect(await repository.getState('utility', 'weights')).toMatchObject({
      value: null,
      uri: place.uri,
      sizeBytes: place.sizeBytes,
    });
  });

  test('what has expired is not read, but stays in the history', async () => {
    await repository.saveState('contextual', 'cache', { kind: 'cache', value: 1, ttlMs: 0 });
    expect(await repository.findState('contextual', 'cache')).toBeUndefined();
    await expect(repository.getState('contextual', 'cache')).rejects.toMatchObject({ kind: 'NotFound' });
    expect(await repository.listStates('contextual')).toEqual([]);
    expect((await repository.stateHistory('contextual', 'cache')).items).toHaveLength(1);
    expect(await repository.findState('contextual', 'cache', 1)).toMatchObject({ version: 1 });
  });

  test('are listed by key and kind', async () => {
    await repository.saveState('evolution', 'b', model(1));
    await repository.saveState('evolution', 'a', { kind: 'counter', value: 2 });
    expect((await repository.listStates('evolution')).map(({ stateKey }) => stateKey)).toEqual(['a', 'b']);
    expect((await repository.listStates('evolution', 'counter')).map(({ stateKey }) => stateKey)).toEqual([
      'a',
    ]);
  });
});

describe('checkpoints', () => {
  test('bring back exactly the versions they hold', async () => {
    await repository.saveState('consistency', 'x', model('x1'));
    await repository.saveState('consistency', 'y', model('y1'));
    await repository.saveState('consistency', 'y', model('y2'));
    const { id } = await repository.createCheckpoint('consistency', {
      label: 'before',
      kind: 'best',
      step: '100',
    });
    await repository.saveState('consistency', 'x', model('x2'));
    await repository.saveState('consistency', 'z', model('z1'));

    expect(await repository.restoreCheckpoint(id)).toEqual([
      { stateKey: 'x', version: 3, restoredFrom: 1 },
      { stateKey: 'y', version: 3, restoredFrom: 2 },
    ]);
    const values = (await repository.listStates('consistency')).map(({ value }) => value);
    expect(values).toEqual(['x1', 'y2', 'z1']);
  });

  test('of some keys, which must exist', async () => {
    const some = { label: 'some', keys: ['x'] };
    expect(await repository.createCheckpoint('consistency', some)).toMatchObject({
      label: 'some',
      isPinned: false,
    });
    await expect(
      repository.createCheckpoint('consistency', { label: 'none', keys: ['nope'] }),
    ).rejects.toThrow(/no state nope/);
    await expect(repository.createCheckpoint('meta', { label: 'empty' })).rejects.toMatchObject({
      kind: 'NotFound',
    });
    await expect(repository.createCheckpoint('consistency', some)).rejects.toMatchObject({
      kind: 'Conflict',
    });
    await expect(repository.restoreCheckpoint('00000000-0000-7000-8000-000000000000')).rejects.toMatchObject({
      kind: 'NotFound',
    });
  });

  test('are listed, found and pinned', async () => {
    const { items } = await repository.listCheckpoints('consistency');
    expect(items.map(({ label }) => label)).toEqual(['some', 'before']);
    expect((await repository.latestCheckpoint('consistency', 'best'))?.label).toBe('before');
    expect(await repository.latestCheckpoint('meta')).toBeUndefined();
    expect(await repository.pinCheckpoint(items[0]?.id ?? '')).toMatchObject({ isPinned: true });
  });

  test('are whole while states are saved beside them', async () => {
    const save = async () => {
      for (let n = 1; n <= 20; n++)
        await repository.transaction(async (inside) => {
          await inside.saveState('power_dynamics', 'left', model(n));
          await inside.saveState('power_dynamics', 'right', model(n));
        });
    };
    await repository.saveState('power_dynamics', 'left', model(0));
    await repository.saveState('power_dynamics', 'right', model(0));
    const keep = async () => {
      for (let n = 1; n <= 10; n++) await repository.createCheckpoint('power_dynamics', { label: `c${n}` });
    };
    await Promise.all([save(), keep()]);
    const torn = await database.sql`
      select c.label from framework.checkpoints c
        join framework.checkpoint_entries e on e.checkpoint_id = c.id
      where c.framework = 'power_dynamics' group by c.label having min(e.version) <> max(e.version)`;
    expect(torn).toHaveLength(0);
  });
});

test('pruning spares current versions and what checkpoints hold', async () => {
  for (let n = 1; n <= 5; n++) await repository.saveState('meta', 'pruned', model(n));
  await repository.createCheckpoint('meta', { label: 'holds 5' });
  for (let n = 6; n <= 9; n++) await repository.saveState('meta', 'pruned', model(n));
  await repository.pruneStates({ keepVersions: 2 });
  const versions = (await repository.stateHistory('meta', 'pruned')).items.map(({ version }) => version);
  expect(versions).toEqual([9, 8, 5]);
  await expect(
    database.sql`delete from framework.states where version = 5 and state_key = 'pruned'`,
  ).rejects.toMatchObject({
    code: '23503',
  });
  await repository.saveState('meta', 'short', { kind: 'cache', value: 1, ttlMs: 0 });
  await repository.saveState('meta', 'short', { kind: 'cache', value: 2 });
  expect(await repository.pruneStates({ expired: true })).toBe(1);
  expect(await repository.pruneStates({})).toBe(0);
  await expect(repository.pruneStates({ keepVersions: 0 })).rejects.toMatchObject({ kind: 'BadValue' });
});
