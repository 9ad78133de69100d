import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConsensusRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase, onEveryConnection } from '../../../support/schema-database.js';
import { activeNode, activeNodes, clearNetwork, newProposal } from './network.js';

const NOBODY = '00000000-0000-7000-8000-000000000000';

let database: TestDatabase;
let repository: ConsensusRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 10 });
  repository = new ConsensusRepository(database.sql);
});
beforeEach(async () => {
  await clearNetwork(database.sql);
});
afterAll(async () => {
  await database.drop();
});

describe('registration', () => {
  test('works on every kind of connection', async () => {
    await onEveryConnection(database.sql, async (kind, connection) => {
      const node = await repository.with(connection).registerNode({ nodeKey: kind, address: 'a:1' });
      expect(node).toMatchObject({
        role: 'acceptor',
        status: 'syncing',
        lastBallot: '0',
        reputation: 0.5,
        metadata: {},
      });
    });
  });

  test('of a known key renews what the node says of itself, and clears nothing that others hold against it', async () => {
    const [node] = await activeNodes(repository, 1);
    const { id, nodeKey } = node ?? { id: '', nodeKey: '' };
    await newProposal(repository, node === undefined ? [] : [node]).then(({ id: proposalId }) =>
      repository.openBallot({ proposalId, proposerId: id, value: 1 }),
    );
    await repository.heartbeat(nodeKey, { failureScore: 0.4 });
    await repository.quarantineNode(id, 'lies');
    const again = await repository.registerNode({
      nodeKey,
      address: 'new:1',
      status: 'active',
      failureScore: 0,
      metadata: { max_retries: 3 },
    });
    expect(again).toMatchObject({
      id,
      address: 'new:1',
      role: 'proposer',
      status: 'quarantined',
      failureScore: 0.4,
      lastBallot: '1',
      metadata: { max_retries: 3 },
    });
  });

  test('refuses a reputation that is no share', async () => {
    for (const reputation of [1.1, -0.1, Number.NaN])
      await expect(activeNode(repository, { reputation })).rejects.toMatchObject({ kind: 'Check' });
  });
});

describe('liveness', () => {
  test('a heartbeat of an unknown node is told apart', async () => {
    const { nodeKey, id } = await activeNode(repository);
    expect(await repository.heartbeat(nodeKey)).toBe(true);
    expect(await repository.heartbeat('nobody')).toBe(false);
    await expect(repository.heartbeat(nodeKey, { failureScore: 2 })).rejects.toMatchObject({ kind: 'Check' });
    await expect(repository.setNodeStatus(NOBODY, 'active')).rejects.toMatchObject({ kind: 'NotFound' });
    expect(await repository.setNodeStatus(id, 'inactive')).toMatchObject({ status: 'inactive' });
  });

  test('only active nodes that were not heard of for so long are marked', async () => {
    const [fresh, stale, silent] = [
      await activeNode(repository),
      await activeNode(repository),
      await activeNode(repository, { status: 'partitioned' }),
    ];
    await repository.heartbeat(fresh.nodeKey);
    await database.sql`update consensus.nodes set last_heartbeat_at = now() - interval '1 min'
      where id in (${stale.id}, ${silent.id})`;
    const marked = await repository.markStaleNodes({ olderThanMs: 30_000 });
    expect(marked.map(({ id, status }) => [id, status])).toEqual([[stale.id, 'failed']]);
    expect(await repository.markStaleNodes({ olderThanMs: 30_000 })).toEqual([]);
    expect((await repository.getActiveNodes()).map(({ id }) => id)).toEqual([fresh.id]);
    expect(await repository.getActiveNodes('learner')).toEqual([]);
  });

  test('the cluster has a majority when more than half of it is active', async () => {
    const [a, b] = await activeNodes(repository, 2);
    await activeNode(repository, { status: 'failed', failureScore: 1 });
    await repository.heartbeat(a?.nodeKey ?? '');
    expect(await repository.clusterHealth({ recentMs: 60_000 })).toMatchObject({
      nodes: 3,
      active: 2,
      failed: 1,
      recentHeartbeats: 1,
      hasMajority: true,
      avgFailureScore: expect.closeTo(1 / 3) as number,
    });
    await repository.setNodeStatus(b?.id ?? '', 'partitioned');
    expect(await repository.clusterHealth({ recentMs: 60_000 })).toMatchObject({
      hasMajority: false,
      partitioned: 1,
    });
  });

  test('a cluster without nodes has no majority', async () => {
    expect(await repository.clusterHealth({ recentMs: 1 })).toMatchObject({
      nodes: 0,
      hasMajority: false,
      avgFailureScore: null,
      lag: 0,
    });
  });
});

describe('quarantine', () => {
  test('stands in the state log once, however many ask for it at once', async () => {
    const node = await activeNode(repository);
    const before = (await repository.latestState())?.logIndex ?? '0';
    await Promise.all(Array.from({ length: 5 }, () => repository.quarantineNode(node.id, 'equivocates')));
    expect(await repository.getLog(before)).toMatchObject([
      {
        kind: 'membership_changed',
        payload: { nodeKey: node.nodeKey, from: 'active', to: 'quarantined', reason: 'equivocates' },
      },
    ]);
    await expect(repository.quarantineNode(NOBODY, 'x')).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('trust', () => {
  test('moves from 0.5, stays from 0 to 1, and no observation is lost', async () => {
    const [a, b] = await activeNodes(repository, 2);
    const pair = { trusterId: a?.id ?? '', trusteeId: b?.id ?? '', framework: 'empirical' } as const;
    await Promise.all(Array.from({ length: 20 }, () => repository.recordTrust({ ...pair, delta: 0.01 })));
    const [trust] = await repository.trustMatrix('empirical');
    expect(trust).toMatchObject({ score: expect.closeTo(0.7) as number, observations: 20 });
    expect((await repository.recordTrust({ ...pair, delta: 5 })).score).toBe(1);
    expect((await repository.recordTrust({ ...pair, delta: -5 })).score).toBe(0);
    await repository.recordTrust({ ...pair, framework: 'utility', delta: 0.3 });
    expect(await repository.meanTrust(pair.trusteeId)).toBeCloseTo(0.4);
    expect(await repository.trustMatrix()).toHaveLength(2);
    expect(await repository.meanTrust(pair.trusterId)).toBeUndefined();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('does not move by %s', async (delta) => {
    const [a, b] = await activeNodes(repository, 2);
    const pair = { trusterId: a?.id ?? '', trusteeId: b?.id ?? '', framework: 'empirical' } as const;
    await expect(repository.recordTrust({ ...pair, delta })).rejects.toMatchObject({ kind: 'BadValue' });
  });

  test('is in another', async () => {
    const { id } = await activeNode(repository);
    const self = { trusterId: id, trusteeId: id, framework: 'empirical', delta: 0.1 } as const;
    await expect(repository.recordTrust(self)).rejects.toMatchObject({
      kind: 'Check',
      constraint: 'node_trust_in_another',
    });
  });
});

describe('replication', () => {
  test('what is applied never goes back, and never passes the end of the log', async () => {
    const { id } = await activeNode(repository);
    for (let n = 0; n < 3; n++) await repository.appendState({ kind: 'config_changed', payload: { n } });
    const last = (await repository.latestState())?.logIndex ?? '';
    expect(await repository.recordApplied(id, last)).toMatchObject({ appliedIndex: last });
    expect(await repository.recordApplied(id, 1n)).toMatchObject({ appliedIndex: last });
    await expect(repository.recordApplied(id, BigInt(last) + 1n)).rejects.toMatchObject({ kind: 'BadValue' });
    await expect(repository.recordApplied(NOBODY, 1n)).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(
      database.sql`update consensus.nodes set applied_index = 1 where id = ${id}`,
    ).rejects.toMatchObject({ code: 'ZB004' });

    const behind = await activeNode(repository);
    expect(await repository.replicationLag()).toMatchObject([
      { nodeId: behind.id, appliedIndex: '0', lag: Number(last) },
      { nodeId: id, lag: 0 },
    ]);
    expect(await repository.clusterHealth({ recentMs: 1 })).toMatchObject({
      lag: Number(last),
      lastIndex: last,
    });
  });
});
