import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PowerDynamicsRepository, type RelationKind } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import { createNamed, createNodes } from './nodes.js';

const HOUR = 3_600_000;

let database: TestDatabase;
let repository: PowerDynamicsRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 8 });
  repository = new PowerDynamicsRepository(database.sql);
});
beforeEach(async () => {
  await database.sql`delete from power_dynamics.coalitions`;
  await database.sql`delete from power_dynamics.events`;
  await database.sql`delete from power_dynamics.relations`;
  await database.sql`delete from power_dynamics.nodes n
    where not exists (select from power_dynamics.ledger l where n.id in (l.from_id, l.to_id))`;
});
afterAll(async () => {
  await database.drop();
});

/** `network('abc', 'influence', 'ab bc')`: the ids of new nodes by letter, with relations between them. */
async function network(letters: string, kind: RelationKind, edges: string, strength = 0.5) {
  const ids = await createNamed(repository, letters);
  for (const [from = '', to = ''] of edges.split(' ').filter(Boolean))
    await repository.establishRelation({
      sourceId: ids[from] ?? '',
      targetId: ids[to] ?? '',
      kind,
      strength,
    });
  const letter = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  return { ids, name: (id: string) => letter.get(id) ?? '?' };
}

describe('relations', () => {
  test('symmetric kinds are one relation, whichever way round', async () => {
    const { a = '', b = '' } = await createNamed(repository, 'ab');
    const there = { sourceId: a, targetId: b, kind: 'collaborative' } as const;
    const relation = await repository.establishRelation(there);
    await expect(repository.establishRelation({ ...there, sourceId: b, targetId: a })).rejects.toMatchObject({
      kind: 'Conflict',
      constraint: 'relations_live_key',
    });
    for (const direction of ['outgoing', 'incoming', 'both'] as const)
      for (const node of [a, b]) expect(await repository.getRelations(node, { direction })).toHaveLength(1);
    await repository.dissolveRelation(relation.id);
    await expect(repository.dissolveRelation(relation.id)).rejects.toMatchObject({ kind: 'NotFound' });
    await repository.establishRelation(there);
    expect(await repository.relationHistory(b, a)).toHaveLength(2);
    expect((await repository.recentEvents()).items.map(({ kind }) => kind)).toEqual([
      'relation_established',
      'relation_dissolved',
      'relation_established',
    ]);
  });

  test('directed kinds are seen from their side', async () => {
    const { ids } = await network('ab', 'influence', 'ab');
    expect(await repository.getRelations(ids['a'] ?? '', { direction: 'outgoing' })).toHaveLength(1);
    expect(await repository.getRelations(ids['a'] ?? '', { direction: 'incoming' })).toEqual([]);
    expect(await repository.getRelations(ids['a'] ?? '', { kind: 'dependency' })).toEqual([]);
  });

  test('strength changes within its bounds', async () => {
    const { ids } = await network('ab', 'influence', 'ab');
    const [relation] = await repository.getRelations(ids['a'] ?? '');
    const id = relation?.id ?? '';
    expect(await repository.updateStrength(id, { strength: 0.9 })).toMatchObject({
      strength: 0.9,
      reciprocity: 0,
    });
    await expect(repository.updateStrength(id, { strength: 0 })).rejects.toMatchObject({ kind: 'Check' });
  });

  test('the hierarchy has no cycle, not even by two at once', async () => {
    const { ids, name } = await network('abcd', 'hierarchical', 'ab bc');
    const above = (source: string, target: string) =>
      repository.establishRelation({
        sourceId: ids[source] ?? '',
        targetId: ids[target] ?? '',
        kind: 'hierarchical',
      });
    await expect(above('c', 'a')).rejects.toMatchObject({ kind: 'HierarchyCycle' });
    const raced = await Promise.allSettled([above('c', 'd'), above('d', 'a')]);
    expect(raced.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(
      (await repository.chainOfCommand(ids['c'] ?? '')).map(({ nodeId }) => name(nodeId)).slice(0, 2),
    ).toEqual(['b', 'a']);
    expect(
      (await repository.subordinates(ids['a'] ?? ''))
        .slice(0, 2)
        .map(({ nodeId, hops }) => [name(nodeId), hops]),
    ).toEqual([
      ['b', 1],
      ['c', 2],
    ]);
  });
});

describe('walking', () => {
  test('finds the nearest way, in spite of cycles', async () => {
    const { ids, name } = await network('abcdef', 'influence', 'ab bc ca cd ae ed');
    const path = await repository.shortestPath(ids['a'] ?? '', ids['d'] ?? '');
    expect(path?.map(name)).toEqual(['a', 'e', 'd']);
    expect(await repository.shortestPath(ids['a'] ?? '', ids['d'] ?? '', { maxHops: 1 })).toBeNull();
    expect(await repository.shortestPath(ids['a'] ?? '', ids['f'] ?? '')).toBeNull();
    expect(await repository.shortestPath(ids['a'] ?? '', ids['a'] ?? '')).toEqual([ids['a']]);
    expect(
      await repository.shortestPath(ids['a'] ?? '', ids['b'] ?? '', { kinds: ['dependency'] }),
    ).toBeNull();
    const reach = await repository.reachable(ids['a'] ?? '');
    expect(reach.map(({ nodeId, hops }) => `${name(nodeId)}${hops}`).sort()).toEqual([
      'b1',
      'c2',
      'd2',
      'e1',
    ]);
    expect(await repository.reachable(ids['a'] ?? '', { maxHops: 1 })).toHaveLength(2);
    await expect(repository.reachable(ids['a'] ?? '', { maxHops: 0 })).rejects.toMatchObject({
      kind: 'BadValue',
    });
  });

  test('influence is the strongest product along a path', async () => {
    const { ids, name } = await network('abcd', 'influence', 'ab bc cd', 0.5);
    await repository.establishRelation({
      sourceId: ids['a'] ?? '',
      targetId: ids['c'] ?? '',
      kind: 'influence',
      strength: 0.1,
    });
    const influence = await repository.influenceFrom(ids['a'] ?? '');
    expect(influence.map((one) => [name(one.nodeId), one.influence])).toEqual([
      ['b', 0.5],
      ['c', 0.25],
      ['d', 0.125],
    ]);
  });

  test('stays quick in a dense network', async () => {
    const nodes = await createNodes(repository, 1);
    await database.sql`insert into power_dynamics.nodes (node_key, kind) select 'bulk-' || n, 'agent' from generate_series(1, 400) n`;
    await database.sql`insert into power_dynamics.relations (source_id, target_id, kind)
      select a.id, b.id, 'influence' from power_dynamics.nodes a join power_dynamics.nodes b on a.id <> b.id
      where a.node_key like 'bulk-%' and b.node_key like 'bulk-%'
        and (substr(b.node_key, 6)::int - substr(a.node_key, 6)::int + 400) % 400 in (1, 2, 7, 31, 113)`;
    const [first, last] = await database.sql<{ id: string }[]>`
      select id from power_dynamics.nodes where node_key in ('bulk-1', 'bulk-200') order by node_key`;
    expect((await repository.shortestPath(first?.id ?? '', last?.id ?? ''))?.length).toBeGreaterThan(2);
    expect(await repository.reachable(first?.id ?? '')).toHaveLength(399);
    expect(await repository.reachable(nodes[0]?.id ?? '')).toEqual([]);
  });
});

describe('the whole network', () => {
  test('is summed up', async () => {
    const { ids, name } = await network('abcde', 'influence', 'ab ba bc ca');
    expect(await repository.networkSummary()).toMatchObject({ edges: 4, reciprocity: 0.5 });
    const { nodes, components, density } = await repository.networkSummary();
    expect(components).toBe(nodes - 2);
    expect(density).toBeCloseTo(4 / (nodes * (nodes - 1)), 12);
    const [first] = await repository.degreeCentrality();
    expect([name(first?.nodeId ?? ''), first?.inDegree, first?.outDegree]).toEqual([
      expect.stringMatching(/a|b/),
      expect.any(Number),
      expect.any(Number),
    ]);
    const close = (await repository.clustering()).slice(0, 3);
    expect(close.map(({ nodeId, clustering }) => [name(nodeId), clustering]).sort()).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
    expect(Object.keys(ids)).toHaveLength(5);
  });

  test('is measured and remembered', async () => {
    const { ids } = await network('abc', 'influence', 'ab bc');
    const measured = await repository.computeNetworkMetrics({ betweenness: true });
    expect(measured).toBe(await repository.count({ isActive: true }));
    const since = new Date(Date.now() - HOUR);
    const until = new Date(Date.now() + HOUR);
    const [metrics] = await repository.metricsHistory(ids['b'] ?? '', since, until);
    expect(metrics).toMatchObject({
      inDegree: 1,
      outDegree: 1,
      betweenness: 1,
      clustering: 0,
      coalitionCount: 0,
    });
    await repository.computeNetworkMetrics();
    const node = await repository.get(ids['b'] ?? '', { with: ['latestMetrics', 'outgoing', 'incoming'] });
    expect(node.latestMetrics).toMatchObject([{ betweenness: null }]);
    expect([node.outgoing.length, node.incoming.length]).toEqual([1, 1]);
    expect(
      await repository.powerTrend(ids['b'] ?? '', { from: since, to: until, bucketMs: 24 * HOUR }),
    ).toMatchObject([{ avg: '0.000000', min: '0.000000', avgShare: 0 }]);
  });
});

describe('coalitions', () => {
  async function formed(letters = 'abc') {
    const ids = await createNamed(repository, letters);
    const [founder = '', ...members] = Object.values(ids);
    const coalition = await repository.formCoalition({ key: `c-${founder}`, name: 'c', founder, members });
    return { ids, coalition };
  }

  test('bind their members to each other', async () => {
    const { ids, coalition } = await formed();
    expect(await repository.getRelations(ids['a'] ?? '', { kind: 'collaborative' })).toMatchObject([
      { strength: 0.7, reciprocity: 0.8, coalitionId: coalition.id },
      { coalitionId: coalition.id },
    ]);
    const [event] = (await repository.recentEvents({ kind: 'coalition_formed' })).items;
    expect(event?.participants).toHaveLength(3);
    const { items } = await repository.getCoalitions({ nodeId: ids['b'] ?? '', live: true });
    expect(items.map(({ id, members }) => [id, members.length])).toEqual([[coalition.id, 3]]);
  });

  test('take nobody unknown or inactive', async () => {
    const { a = '', b = '' } = await createNamed(repository, 'ab');
    await repository.deactivateNode(b);
    const form = (members: string[]) =>
      repository.formCoalition({ key: 'no', name: 'no', founder: a, members });
    await expect(form([b])).rejects.toMatchObject({ kind: 'InactiveNode' });
    await expect(form(['00000000-0000-7000-8000-000000000000'])).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(form([])).rejects.toMatchObject({ kind: 'CoalitionSize' });
    expect((await repository.getCoalitions()).items).toEqual([]);
  });

  test('are joined and left, never below their size', async () => {
    const { ids, coalition } = await formed();
    const { d = '' } = await createNamed(repository, 'd');
    await repository.joinCoalition(coalition.id, d, { contribution: '1.5' });
    await expect(repository.joinCoalition(coalition.id, d)).rejects.toMatchObject({ kind: 'Conflict' });
    expect(await repository.getRelations(d)).toHaveLength(3);
    await repository.leaveCoalition(coalition.id, d);
    expect(await repository.getRelations(d)).toEqual([]);
    await expect(repository.leaveCoalition(coalition.id, d)).rejects.toMatchObject({ kind: 'NotFound' });
    // Three members, two must stay: of two that leave at once, one may.
    const leaving = [ids['a'] ?? '', ids['b'] ?? ''].map((node) =>
      repository.leaveCoalition(coalition.id, node),
    );
    const outcomes = await Promise.allSettled(leaving);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { kind: 'CoalitionSize' },
    });
  });

  test('dissolve with their members and collaborations', async () => {
    const { ids, coalition } = await formed();
    expect(await repository.dissolveCoalition(coalition.id, 'done')).toMatchObject({
      dissolutionReason: 'done',
    });
    expect(await repository.getRelations(ids['a'] ?? '')).toEqual([]);
    expect((await repository.getCoalitions({ live: true })).items).toEqual([]);
    expect((await repository.getCoalitions({ live: false })).items).toHaveLength(1);
    await expect(repository.dissolveCoalition(coalition.id, 'again')).rejects.toMatchObject({
      kind: 'NotFound',
    });
    await expect(repository.joinCoalition(coalition.id, ids['a'] ?? '')).rejects.toMatchObject({
      kind: 'NotFound',
    });
  });
});

test('a conflict ends once, and its parties are those of its end', async () => {
  const { a = '', b = '', c = '' } = await createNamed(repository, 'abc');
  const conflict = await repository.startConflict(a, [b], { impactScore: 0.4 });
  const ends = await Promise.allSettled(
    Array.from({ length: 3 }, () => repository.resolveConflict(conflict.id, { winner: 'b' })),
  );
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { kind: 'Conflict' } });
  const { items } = await repository.nodeEvents(b);
  expect(items.map(({ kind, participants }) => [kind, participants.length])).toEqual([
    ['conflict_resolved', 2],
    ['conflict_started', 2],
  ]);
  expect((await repository.nodeEvents(b, { roles: ['initiator'] })).items).toEqual([]);
  expect((await repository.nodeEvents(c)).items).toEqual([]);
  await expect(repository.resolveConflict(items[0]?.id ?? '', {})).rejects.toMatchObject({
    kind: 'NotFound',
  });
});
