import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ConsensusRepository,
  VerificationRepository,
  type ConsensusNode,
} from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase, onEveryConnection } from '../../../support/schema-database.js';
import {
  acceptingProposal,
  activeNode,
  activeNodes,
  clearNetwork,
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

const draft = () => ({
  proposalKey: 'climate',
  proposalType: 'claim_validation' as const,
  content: { claim: 'it warms', source_count: 3 },
  proposerId: first(nodes).id,
  expiresAt: LATER,
});

describe('making proposals', () => {
  test('enters the active voters, with rules that follow from the subject, on every kind of connection', async () => {
    await activeNode(repository, { role: 'observer' });
    await activeNode(repository, { role: 'learner' });
    await activeNode(repository, { status: 'failed' });
    await onEveryConnection(database.sql, async (kind, connection) => {
      const created = await repository.with(connection).createProposal({
        ...draft(),
        proposalKey: kind,
        domain: 'ethical',
        requiredFrameworks: ['evolutionary'],
      });
      expect(created).toMatchObject({
        status: 'pending',
        content: { claim: 'it warms', source_count: 3 },
        quorumFraction: '1.000',
        approvalThreshold: '0.600',
        requiredFrameworks: ['evolution'],
        decidedAt: null,
      });
    });
    const proposal = await repository.findByKey('reserved', { with: ['electors', 'proposer', 'ballots'] });
    expect(proposal?.electors.map(({ nodeId, weight }) => [nodeId, weight])).toEqual(
      nodes.map(({ id }) => [id, '1.000000']).sort(),
    );
    expect(proposal).toMatchObject({ proposer: { id: first(nodes).id }, ballots: [] });
  });

  test('an author’s own rules win', async () => {
    const own = { quorumFraction: '0.75', approvalThreshold: '0.5' };
    expect(await repository.createProposal({ ...draft(), ...own, domain: 'ethical' })).toMatchObject({
      quorumFraction: '0.750',
      approvalThreshold: '0.500',
    });
  });

  test('voters weigh by reputation or expertise; who weighs nothing does not vote', async () => {
    const expert = await activeNode(repository, { reputation: 0.9, domainExpertise: { social: 0.8 } });
    const fool = await activeNode(repository, { reputation: 0, domainExpertise: { social: 'much' } });
    const weights = async (proposalKey: string, trustModel: 'reputation_based' | 'domain_expertise') => {
      const { id } = await repository.createProposal(
        { ...draft(), proposalKey, domain: 'social' },
        { trustModel },
      );
      const { electors } = await repository.getProposal(id, { with: ['electors'] });
      return new Map(electors.map(({ nodeId, weight }) => [nodeId, Number(weight)]));
    };
    const byReputation = await weights('a', 'reputation_based');
    expect([byReputation.get(expert.id), byReputation.get(first(nodes).id)]).toEqual([0.9, 0.5]);
    expect(byReputation.has(fool.id)).toBe(false);
    const byExpertise = await weights('b', 'domain_expertise');
    expect([byExpertise.get(expert.id), byExpertise.get(fool.id)]).toEqual([0.8, 0.5]);
  });

  test('a proposal nobody may vote on is refused and leaves nothing behind', async () => {
    await expect(repository.createProposal(draft(), [])).rejects.toMatchObject({ kind: 'NoQuorum' });
    await database.sql`update consensus.nodes set reputation = 0`;
    await expect(
      repository.createProposal(draft(), { trustModel: 'reputation_based' }),
    ).rejects.toMatchObject({ kind: 'NoQuorum' });
    expect(await repository.count()).toBe(0);
  });

  test.each([
    [{ role: 'observer' }, 'InactiveNode'],
    [{ role: 'learner' }, 'InactiveNode'],
    [{ status: 'failed' }, 'InactiveNode'],
  ] as const)('a node that is %o cannot propose', async (values, kind) => {
    const { id } = await activeNode(repository, values);
    await expect(repository.createProposal({ ...draft(), proposerId: id })).rejects.toMatchObject({ kind });
    const { id: proposalId } = await repository.createProposal(draft());
    await expect(repository.openBallot({ proposalId, proposerId: id, value: 1 })).rejects.toMatchObject({
      kind,
    });
  });

  test.each([
    [{ proposerId: NOBODY }, 'NotFound'],
    [{ quorumFraction: '0.5' }, 'Check'],
    [{ quorumFraction: '1.1' }, 'Check'],
    [{ approvalThreshold: 'NaN' }, 'Check'],
    [{ priority: 0 }, 'Check'],
    [{ expiresAt: new Date(0) }, 'Check'],
    [{ proposalType: 'coup' }, 'BadValue'],
    [{ status: 'accepted' }, 'BadValue'],
    [{ decidedAt: new Date() }, 'BadValue'],
  ])('%o is refused as %s', async (values, kind) => {
    await expect(repository.createProposal({ ...draft(), ...(values as object) })).rejects.toMatchObject({
      kind,
    });
  });

  test('what is proposed, and under which rules, is fixed', async () => {
    const { id } = await repository.createProposal(draft());
    for (const change of [
      `content = '{}'`,
      'quorum_fraction = 1',
      'approval_threshold = 0',
      `required_frameworks = '{utility}'`,
      `expires_at = 'infinity'`,
      `proposer_id = '${nodes[1]?.id ?? ''}'`,
    ])
      await expect(
        database.sql.unsafe(`update consensus.proposals set ${change} where id = '${id}'`),
      ).rejects.toMatchObject({ code: 'ZB005' });
    await expect(repository.update(id, { content: {} } as never)).rejects.toMatchObject({ kind: 'BadValue' });
    expect(await repository.update(id, { priority: 1 }, { expectedVersion: '1' })).toMatchObject({
      priority: 1,
    });
  });
});

describe('reading', () => {
  test('open proposals come by urgency, then by age, page by page', async () => {
    const routine = await newProposal(repository, nodes, { priority: 5 });
    const urgent = await newProposal(repository, nodes, { priority: 1 });
    const later = await newProposal(repository, nodes, { priority: 1 });
    const { id: gone } = await newProposal(repository, nodes, { priority: 1 });
    await repository.withdraw(gone, 'x');
    const page = await repository.getOpenProposals({ limit: 2 });
    expect(page.items.map(({ id }) => id)).toEqual([urgent.id, later.id]);
    const rest = await repository.getOpenProposals({ limit: 2, after: page.next ?? '' });
    expect(rest).toMatchObject({ items: [{ id: routine.id }], next: null });
    const withdrawn = await repository.listProposals({ status: 'withdrawn' });
    expect(withdrawn.items.map(({ id }) => id)).toEqual([gone]);
  });

  test('the request that a proposal is about comes along; when it is purged, a decided proposal stays', async () => {
    const verification = new VerificationRepository(database.sql);
    const request = await verification.createRequest({ requestKey: 'r', clientId: 'c', content: 'it warms' });
    const { id } = await newProposal(repository, nodes, { verificationRequestId: request.id });
    expect((await repository.getProposal(id, { with: ['request'] })).request).toMatchObject({
      requestKey: 'r',
    });
    await repository.withdraw(id, 'x');
    await verification.cancelRequest(request.id, 'x');
    await verification.purgeRequests({ finishedBefore: new Date(Date.now() + 60_000) });
    expect(await repository.getProposal(id, { with: ['request'] })).toMatchObject({
      request: null,
      status: 'withdrawn',
    });
  });

  test('statistics: by status, by node, by framework', async () => {
    const [a, b, c] = nodes.map(({ id }) => id) as [string, string, string];
    const assessed = (score: number) => [
      { framework: 'empirical' as const, verdict: 'approve' as const, score },
    ];
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    await repository.castVote(voteOn(ballot, a, { confidence: 0.8, assessments: assessed(0.6) }));
    await repository.castVote(voteOn(ballot, b, { assessments: assessed(0.8) }));
    await repository.decide(proposal.id);
    const second = await acceptingProposal(repository, nodes, { approvalThreshold: '0' });
    await repository.castVote(voteOn(second.ballot, a, { decision: 'reject' }));
    for (const id of [b, c]) await repository.castVote(voteOn(second.ballot, id));
    await repository.decide(second.proposal.id);
    await newProposal(repository, nodes);

    expect(await repository.nodeVotingStats(a)).toEqual({
      proposals: 2,
      voted: 2,
      approved: 1,
      conditional: 0,
      abstained: 0,
      rejected: 1,
      participationRate: 1,
      dissentRate: 0.5,
      avgConfidence: 0.9,
    });
    expect(await repository.nodeVotingStats(c)).toMatchObject({ participationRate: 0.5, dissentRate: 0 });
    expect(await repository.nodeVotingStats(NOBODY)).toMatchObject({ proposals: 0, participationRate: null });
    expect(await repository.frameworkAgreement(proposal.id)).toEqual([
      {
        framework: 'empirical',
        assessments: 2,
        approving: 2,
        rejecting: 0,
        avgScore: expect.closeTo(0.7) as number,
        scoreStddev: expect.closeTo(0.1) as number,
        avgConfidence: 1,
      },
    ]);
    const since = new Date(Date.now() - 60_000);
    expect(await repository.proposalStats({ since })).toMatchObject([
      { status: 'pending', proposals: 1, p50DurationMs: null },
      { status: 'accepted', proposals: 2, p95DurationMs: expect.any(Number) as number },
    ]);
    expect(await repository.proposalStats({ since, type: 'model_update' })).toEqual([]);
  });
});
