import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConsensusRepository, type ConsensusNode } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import {
  acceptingProposal,
  activeNodes,
  clearNetwork,
  expire,
  first,
  newProposal,
  voteOn,
} from './network.js';

const NOBODY = '00000000-0000-7000-8000-000000000000';
const LATER = new Date(Date.now() + 3_600_000);

let database: TestDatabase;
let repository: ConsensusRepository;
let nodes: ConsensusNode[];

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 10 });
  repository = new ConsensusRepository(database.sql);
});
beforeEach(async () => {
  await clearNetwork(database.sql);
  nodes = await activeNodes(repository, 3);
});
afterAll(async () => {
  await database.drop();
});

describe('withdrawal and refinement', () => {
  test('a withdrawn proposal is closed, logged and final', async () => {
    const { id } = await newProposal(repository, nodes);
    expect(await repository.withdraw(id, 'second thoughts')).toMatchObject({
      status: 'withdrawn',
      decisionReason: 'second thoughts',
      decidedAt: expect.any(Date) as Date,
    });
    expect(await repository.latestState('proposal_decided')).toMatchObject({
      proposalId: id,
      payload: { status: 'withdrawn', reason: 'second thoughts' },
    });
    await expect(repository.withdraw(id, 'again')).rejects.toMatchObject({ kind: 'Immutable' });
    await expect(repository.withdraw(NOBODY, 'x')).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(
      repository.openBallot({ proposalId: id, proposerId: first(nodes).id, value: 1 }),
    ).rejects.toMatchObject({ kind: 'VotingClosed' });
  });

  test('a refinement takes the place of an open proposal, with its rules and electors', async () => {
    const proposal = await newProposal(repository, nodes.slice(0, 2), {
      proposalKey: 'climate-v2',
      quorumFraction: '0.8',
      requiredFrameworks: ['empirical'],
    });
    const refined = await repository.supersede(proposal.id, {
      content: { claim: 'better' },
      expiresAt: LATER,
    });
    expect(refined).toMatchObject({
      proposalKey: 'climate-v3',
      supersedesId: proposal.id,
      status: 'pending',
      quorumFraction: '0.800',
      requiredFrameworks: ['empirical'],
      content: { claim: 'better' },
    });
    expect((await repository.getProposal(refined.id, { with: ['electors'] })).electors).toHaveLength(2);
    expect(await repository.getProposal(proposal.id)).toMatchObject({
      status: 'withdrawn',
      decisionReason: 'superseded by climate-v3',
    });
    await expect(
      repository.supersede(proposal.id, { proposalKey: 'other', content: {}, expiresAt: LATER }),
    ).rejects.toMatchObject({ kind: 'Conflict', constraint: 'proposals_supersedes_id_key' });
  });

  test('of a decided proposal leaves the decision as it is', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    for (const { id } of nodes) await repository.castVote(voteOn(ballot, id));
    await repository.decide(proposal.id);
    const refined = await repository.supersede(proposal.id, {
      content: { claim: 'better' },
      expiresAt: LATER,
      electorate: 'active',
    });
    expect(refined.supersedesId).toBe(proposal.id);
    expect(await repository.getProposal(proposal.id)).toMatchObject({ status: 'accepted' });
  });

  test('that fails withdraws nothing', async () => {
    const proposal = await newProposal(repository, nodes);
    const refinement = { content: {}, expiresAt: LATER };
    await expect(repository.supersede(proposal.id, { ...refinement, electorate: [] })).rejects.toMatchObject({
      kind: 'NoQuorum',
    });
    await repository.setNodeStatus(proposal.proposerId, 'failed');
    await expect(repository.supersede(proposal.id, refinement)).rejects.toMatchObject({
      kind: 'InactiveNode',
    });
    expect(await repository.getProposal(proposal.id)).toMatchObject({ status: 'pending' });
  });
});

describe('expiry', () => {
  test('closes what is overdue, voted on or not, and leaves the rest', async () => {
    const [pending, open] = [await newProposal(repository, nodes), await newProposal(repository, nodes)];
    const { proposal: voting, ballot } = await acceptingProposal(repository, nodes);
    await repository.castVote(voteOn(ballot, first(nodes).id));
    for (const { id } of [pending, voting]) await expire(database.sql, id);
    await expect(repository.castVote(voteOn(ballot, nodes[1]?.id ?? ''))).rejects.toMatchObject({
      kind: 'VotingClosed',
    });
    expect(await repository.expireOverdue()).toBe(2);
    expect(await repository.expireOverdue()).toBe(0);
    expect(await repository.getProposal(voting.id)).toMatchObject({
      status: 'timeout',
      decidedBallotId: null,
      decisionReason: 'expired with 1.000000 of 3.000000 for it',
    });
    expect(await repository.getProposal(pending.id)).toMatchObject({ status: 'timeout' });
    expect(await repository.getProposal(open.id)).toMatchObject({ status: 'pending' });
  });

  test('does not overturn what a quorum has accepted', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    for (const { id } of nodes.slice(0, 2)) await repository.castVote(voteOn(ballot, id));
    await expire(database.sql, proposal.id);
    expect(await repository.expireOverdue()).toBe(1);
    expect(await repository.getProposal(proposal.id)).toMatchObject({
      status: 'accepted',
      decidedBallotId: ballot.id,
    });
  });

  test('closes at most so many', async () => {
    for (let n = 0; n < 3; n++) await expire(database.sql, (await newProposal(repository, nodes)).id);
    expect(await repository.expireOverdue(2)).toBe(2);
    expect(await repository.expireOverdue(2)).toBe(1);
  });
});
