import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PowerDynamicsRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase, onEveryConnection } from '../../../support/schema-database.js';
import { createNamed, createNodes } from './nodes.js';

let database: TestDatabase;
let repository: PowerDynamicsRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 12 });
  repository = new PowerDynamicsRepository(database.sql);
});
afterAll(async () => {
  await database.drop();
});

const total = async () => {
  const [row] = await database.sql<{ total: string }[]>`select sum(power) as total from power_dynamics.nodes`;
  return row?.total;
};

test('a node starts with the power it is granted, on every kind of connection', async () => {
  await onEveryConnection(database.sql, async (kind, connection) => {
    const node = await repository
      .with(connection)
      .createNode({ nodeKey: `by-${kind}`, kind: 'human', capabilities: ['a"b'] }, { initialPower: '10.5' });
    expect(node).toMatchObject({ power: '10.500000', influenceScore: 0.5, capabilities: ['a"b'] });
  });
});

describe('transfers', () => {
  test('move an exact amount and say the balances', async () => {
    const { a = '', b = '' } = await createNamed(repository, 'ab', '1.000000');
    const entry = await repository.transferPower({
      key: 't1',
      from: a,
      to: b,
      amount: '0.000001',
      reason: 'x',
    });
    expect(entry).toMatchObject({ kind: 'transfer', fromBalance: '0.999999', toBalance: '1.000001' });
    const { items } = await repository.nodeEvents(b);
    expect(items[0]).toMatchObject({ id: entry.eventId, kind: 'power_transfer', initiatorId: a });
    expect(items[0]?.participants.map(({ role }) => role).sort()).toEqual(['affected', 'initiator']);
  });

  test('with a key that was used happen once', async () => {
    const { a = '', b = '' } = await createNamed(repository, 'ab', '5');
    const movement = { key: 'once', from: a, to: b, amount: '2' };
    const entries = await Promise.all(Array.from({ length: 8 }, () => repository.transferPower(movement)));
    expect(new Set(entries.map(({ id }) => id)).size).toBe(1);
    expect(await repository.get(a)).toMatchObject({ power: '3.000000' });
    expect((await repository.nodeEvents(a, { roles: ['initiator'] })).items).toHaveLength(1);
    await expect(repository.transferPower({ ...movement, amount: '3' })).rejects.toMatchObject({
      kind: 'Conflict',
    });
  });

  test.each([
    [{ amount: '1000000' }, 'Check', 'nodes_power_not_negative'],
    [{ amount: '0' }, 'Check', 'ledger_amount_positive'],
    [{ amount: '-1' }, 'Check', 'ledger_amount_positive'],
    [{ amount: 'NaN' }, 'Check', undefined],
    [{ amount: 'all' }, 'BadValue', undefined],
    [{ to: '00000000-0000-7000-8000-000000000000' }, 'Reference', 'ledger_to_id_fkey'],
  ])('%j is refused and moves nothing', async (change, kind, constraint) => {
    const { a = '', b = '' } = await createNamed(repository, 'ab', '5');
    const movement = { key: `refused-${a}`, from: a, to: b, amount: '1', ...change };
    const refused = repository.transferPower(movement);
    await expect(refused).rejects.toMatchObject({
      kind,
      ...(constraint === undefined ? {} : { constraint }),
    });
    expect((await repository.getMany([a, b])).map(({ power }) => power)).toEqual(['5.000000', '5.000000']);
  });

  test('400 at once, to and fro: no deadlock, nothing created or lost, no overdraft', async () => {
    const nodes = await createNodes(repository, 6, '20');
    const before = await total();
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, n) =>
        repository
          .transferPower({
            key: `race-${n}`,
            from: nodes[n % 6]?.id ?? '',
            to: nodes[(n * 5 + 1 + (n % 4)) % 6]?.id ?? '',
            amount: String(1 + (n % 13)),
          })
          .then(
            () => 'done',
            (error: unknown) => (error as { constraint: string }).constraint,
          ),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['done', 'nodes_power_not_negative', 'ledger_entry_shape']));
    expect(await total()).toBe(before);
    expect(await repository.auditBalances()).toEqual([]);
  });
});

test('grant and revoke change the total, and the ledger of a node comes page by page', async () => {
  const { a = '' } = await createNamed(repository, 'a');
  const before = Number(await total());
  for (let n = 0; n < 5; n++) await repository.grant({ key: `g${n}`, to: a, amount: '2' });
  await repository.revoke({ key: 'r', from: a, amount: '1' });
  expect(Number(await total())).toBe(before + 9);
  const first = await repository.getLedger(a, { limit: 4 });
  const second = await repository.getLedger(a, { limit: 4, after: first.next ?? '' });
  expect([...first.items, ...second.items].map(({ entryKey }) => entryKey)).toEqual([
    'r',
    'g4',
    'g3',
    'g2',
    'g1',
    'g0',
  ]);
});

describe('nodes', () => {
  test('power is not written but by the ledger', async () => {
    const { a = '' } = await createNamed(repository, 'a', '1');
    await expect(repository.update(a, { power: '9' } as never)).rejects.toMatchObject({ kind: 'BadValue' });
    await expect(
      database.sql`update power_dynamics.nodes set power = 9 where id = ${a}`,
    ).rejects.toMatchObject({
      code: 'ZB007',
    });
  });

  test('a deactivated one hands its power on', async () => {
    const { a = '', b = '', c = '' } = await createNamed(repository, 'abc', '3');
    expect(await repository.deactivateNode(a, { redistributeTo: b })).toMatchObject({
      isActive: false,
      power: '0.000000',
    });
    expect(await repository.get(b)).toMatchObject({ power: '6.000000' });
    await repository.deactivateNode(c);
    await repository.deactivateNode(c);
    expect((await repository.getLedger(c)).items.map(({ kind }) => kind)).toEqual(['revoke', 'grant']);
    await expect(repository.grant({ key: `late-${a}`, to: a, amount: '1' })).rejects.toMatchObject({
      kind: 'InactiveNode',
    });
    await expect(repository.deactivateNode(b, { redistributeTo: a })).rejects.toMatchObject({
      kind: 'InactiveNode',
    });
    expect(await repository.get(b)).toMatchObject({ isActive: true, power: '6.000000' });
  });

  test('scores are kept within bounds, resources are merged', async () => {
    const { a = '' } = await createNamed(repository, 'a');
    expect(await repository.updateScores(a, { influence: 7 })).toMatchObject({
      influenceScore: 1,
      reputationScore: 0.5,
    });
    await repository.setResources(a, { gold_coins: 1, land: { acres: 2 } });
    const changed = await repository.setResources(a, { gold_coins: 2, land: null });
    expect(changed.resources).toEqual({ gold_coins: 2 });
  });

  test('are ranked and listed', async () => {
    const rich = await repository.createNode(
      { nodeKey: 'rich', kind: 'organization' },
      { initialPower: '99999' },
    );
    expect((await repository.getTop('power', 1))[0]?.id).toBe(rich.id);
    await repository.updateScores(rich.id, { reputation: 1 });
    expect((await repository.getTop('reputation', 1))[0]?.id).toBe(rich.id);
    await expect(repository.getTop('secrets' as never)).rejects.toMatchObject({ kind: 'BadValue' });
    expect(
      (await repository.getActiveNodes({ kind: 'organization', minPower: '5' })).items.map(({ id }) => id),
    ).toEqual([rich.id]);
  });

  test('concentration of power', async () => {
    const empty = await createSchemaDatabase();
    const other = new PowerDynamicsRepository(empty.sql);
    expect(await other.powerConcentration()).toEqual({ gini: null, hhi: null });
    await createNodes(other, 4, '25');
    expect(await other.powerConcentration()).toEqual({ gini: 0, hhi: 0.25 });
    await other.grant({ key: 'x', to: (await other.getTop('power', 1))[0]?.id ?? '', amount: '100' });
    expect((await other.powerConcentration()).gini).toBeCloseTo(0.375, 9);
    await empty.drop();
  });
});
