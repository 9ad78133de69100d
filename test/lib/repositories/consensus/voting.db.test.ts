import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConsensusRepository, type ConsensusNode } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase, onEveryConnection } from '../../../support/schema-database.js';
import { acceptingProposal, activeNodes, newProposal, violations, voteOn } from './network.js';

let database: TestDatabase;
let repository: ConsensusRepository;
let nodes: readonly [ConsensusNode, ConsensusNode, ConsensusNode];

beforeAll(async () => {
  database = await createSchemaDatabase();
  repository = new ConsensusRepository(database.sql);
  nodes = (await activeNodes(repository, 3)) as unknown as typeof nodes;
});
afterAll(async () => {
  expect(await violations(database.sql)).toEqual([]);
  await database.drop();
});

describe('a round', () => {
  test('goes from promises over acceptances to a decision, on every kind of connection', async () => {
    await onEveryConnection(database.sql, async (kind, connection) => {
      const inner = repository.with(connection);
      const proposal = await newProposal(inner, nodes, { proposalKey: `round-${kind}` });
      const ballot = await inner.openBallot({
        proposalId: proposal.id,
        proposerId: nodes[0].id,
        value: { max_retries: 3 },
      });
      expect(ballot).toMatchObject({ phase: 'prepare', value: { max_retries: 3 }, supersededAt: null });
      await expect(inner.beginAccept(ballot.id)).rejects.toMatchObject({
        kind: 'NoQuorum',
        message: '0 of 3.000000 promised, and the quorum is 1.800000000',
      });
      for (const { id } of nodes.slice(0, 2)) await inner.castVote(voteOn(ballot, id, { phase: 'prepare' }));
      expect(await inner.beginAccept(ballot.id)).toMatchObject({
        phase: 'accept',
        acceptOpenedAt: expect.any(Date) as Date,
      });
      expect((await inner.decide(proposal.id)).proposal.status).toBe('voting');
      const votes = [{}, { decision: 'conditional', conditions: ['cite sources'], confidence: 0.9 }] as const;
      for (const [place, values] of votes.entries()) {
        const { tally } = await inner.castVote(voteOn(ballot, nodes[place]?.id ?? '', values));
        expect(tally).toMatchObject({ votes: place + 1, outcome: place === 0 ? null : 'accepted' });
      }
      const { proposal: decided, tally } = await inner.decide(proposal.id);
      expect(decided).toMatchObject({
        status: 'accepted',
        decidedBallotId: ballot.id,
        decisionScore: 0.815,
        decisionReason: '2.000000 of 3.000000 for it',
        decidedAt: expect.any(Date) as Date,
      });
      expect(tally).toMatchObject({ weightFor: '2.000000', weightTotal: '3.000000', score: 0.815 });
      expect(await inner.latestState('proposal_decided')).toMatchObject({
        proposalId: proposal.id,
        term: ballot.number,
        payload: { status: 'accepted', ballot: Number(ballot.number) },
      });
    });
  });

  test('votes come back with what their frameworks said', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    const evidence = { source_urls: ['a', 'b'] };
    await repository.castVote(
      voteOn(ballot, nodes[1].id, {
        reason: 'sound',
        assessments: [
          { framework: 'evolutionary', verdict: 'approve', score: 0.9, evidence },
          { framework: 'empirical', verdict: 'abstain' },
        ],
      }),
    );
    const votes = await repository.getVotes(proposal.id, { ballotId: ballot.id });
    expect(votes.map(({ phase }) => phase)).toEqual(['prepare', 'prepare', 'prepare', 'accept']);
    expect(votes.at(-1)).toMatchObject({
      nodeId: nodes[1].id,
      reason: 'sound',
      assessments: [
        { framework: 'empirical', verdict: 'abstain', score: null },
        { framework: 'evolution', verdict: 'approve', score: 0.9, evidence },
      ],
    });
    const mine = { ballotId: ballot.id, nodeId: nodes[1].id };
    expect(await repository.hasVoted({ ...mine, phase: 'accept' })).toBe(true);
    expect(await repository.hasVoted({ ...mine, nodeId: nodes[2].id, phase: 'accept' })).toBe(false);
  });

  test('a vote whose assessments are refused is not cast', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    const assessments = [{ framework: 'empirical', verdict: 'approve', score: 2 }] as const;
    await expect(repository.castVote(voteOn(ballot, nodes[0].id, { assessments }))).rejects.toMatchObject({
      kind: 'Check',
    });
    expect((await repository.tally(proposal.id)).votes).toBe(0);
  });
});

describe('the count', () => {
  test('rejects once approval is impossible', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    await repository.castVote(voteOn(ballot, nodes[0].id, { decision: 'reject' }));
    expect((await repository.decide(proposal.id)).tally.outcome).toBeNull();
    await repository.castVote(voteOn(ballot, nodes[1].id, { decision: 'reject' }));
    expect((await repository.decide(proposal.id)).proposal).toMatchObject({
      status: 'rejected',
      decidedBallotId: null,
      decisionScore: 0,
      decisionReason: '2.000000 of 3.000000 against it',
    });
  });

  test('an abstention counts for neither side', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    for (const { id } of nodes) await repository.castVote(voteOn(ballot, id, { decision: 'abstain' }));
    const { proposal: open, tally } = await repository.decide(proposal.id);
    expect(tally).toMatchObject({ votes: 3, score: null, weightAbstained: '3.000000', outcome: null });
    expect(open).toMatchObject({ status: 'voting', decidedAt: null });
  });

  test('a low score or a missing framework makes an acceptance conditional, and it says why', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes, {
      requiredFrameworks: ['empirical', 'utility'],
      approvalThreshold: '0.9',
    });
    const assessments = [
      { framework: 'empirical', verdict: 'approve' },
      { framework: 'utility', verdict: 'reject' },
    ] as const;
    for (const { id } of nodes.slice(0, 2))
      await repository.castVote(voteOn(ballot, id, { confidence: 0.85, assessments }));
    expect((await repository.decide(proposal.id)).proposal).toMatchObject({
      status: 'conditionally_accepted',
      decisionScore: 0.85,
      decisionReason: 'score 0.85 is below 0.900, not approved by utility',
    });
  });

  test('meets a threshold that floating point would miss', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes, { approvalThreshold: '0.7' });
    for (const [place, confidence] of [0.9, 0.9, 0.3].entries())
      await repository.castVote(voteOn(ballot, nodes[place]?.id ?? '', { confidence }));
    expect((await repository.decide(proposal.id)).proposal).toMatchObject({
      status: 'accepted',
      decisionScore: 0.7,
    });
  });

  test('of what does not exist is refused', async () => {
    const nothing = '00000000-0000-7000-8000-000000000000';
    const refused = { kind: 'NotFound' };
    await expect(repository.tally(nothing)).rejects.toMatchObject(refused);
    await expect(repository.decide(nothing)).rejects.toMatchObject(refused);
    await expect(repository.beginAccept(nothing)).rejects.toMatchObject(refused);
  });
});
