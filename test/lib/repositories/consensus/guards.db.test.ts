import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConsensusRepository, type ConsensusNode } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import {
  acceptingProposal,
  activeNode,
  activeNodes,
  first,
  newProposal,
  violations,
  voteOn,
} from './network.js';

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

const open = (proposalId: string, node = first(nodes), value: unknown = { accept: true }) =>
  repository.openBallot({ proposalId, proposerId: node.id, value });

async function accepted() {
  const { proposal, ballot } = await acceptingProposal(repository, nodes);
  for (const { id } of nodes) await repository.castVote(voteOn(ballot, id));
  return { ballot, ...(await repository.decide(proposal.id)) };
}

describe('votes (C1-C4)', () => {
  test('one per node, ballot and phase', async () => {
    const { ballot } = await acceptingProposal(repository, nodes);
    await repository.castVote(voteOn(ballot, nodes[0].id));
    await expect(
      repository.castVote(voteOn(ballot, nodes[0].id, { decision: 'reject' })),
    ).rejects.toMatchObject({ kind: 'Conflict', constraint: 'votes_ballot_id_phase_node_id_key' });
  });

  test('only by electors', async () => {
    const { ballot } = await acceptingProposal(repository, nodes);
    const stranger = await activeNode(repository);
    await expect(repository.castVote(voteOn(ballot, stranger.id))).rejects.toMatchObject({
      kind: 'Reference',
      constraint: 'votes_elector_fkey',
    });
  });

  test('not by a node in quarantine, elector or not', async () => {
    const node = await activeNode(repository);
    const { ballot } = await acceptingProposal(repository, [nodes[0], node]);
    await repository.quarantineNode(node.id, 'equivocates');
    await expect(repository.castVote(voteOn(ballot, node.id))).rejects.toMatchObject({
      kind: 'InactiveNode',
    });
  });

  test('on a ballot of the proposal itself', async () => {
    const [one, other] = [
      await acceptingProposal(repository, nodes),
      await acceptingProposal(repository, nodes),
    ];
    const crossed = voteOn(one.ballot, nodes[0].id, { ballotId: other.ballot.id });
    await expect(repository.castVote(crossed)).rejects.toMatchObject({ kind: 'StaleBallot' });
  });

  test('in the phase the ballot is in', async () => {
    const proposal = await newProposal(repository, nodes);
    const ballot = await open(proposal.id);
    await expect(repository.castVote(voteOn(ballot, nodes[0].id))).rejects.toMatchObject({
      kind: 'StaleBallot',
    });
    for (const { id } of nodes.slice(0, 2))
      await repository.castVote(voteOn(ballot, id, { phase: 'prepare' }));
    await repository.beginAccept(ballot.id);
    await expect(
      repository.castVote(voteOn(ballot, nodes[2].id, { phase: 'prepare' })),
    ).rejects.toMatchObject({ kind: 'StaleBallot' });
    expect(await repository.beginAccept(ballot.id)).toMatchObject({ phase: 'accept' });
  });

  test('a condition is named', async () => {
    const { ballot } = await acceptingProposal(repository, nodes);
    await expect(
      repository.castVote(voteOn(ballot, nodes[0].id, { decision: 'conditional' })),
    ).rejects.toMatchObject({ kind: 'Check', constraint: 'votes_conditional_names_conditions' });
    for (const confidence of [1.5, Number.NaN])
      await expect(repository.castVote(voteOn(ballot, nodes[0].id, { confidence }))).rejects.toMatchObject({
        kind: 'Check',
      });
  });

  test('none after the decision, and none is changed, withdrawn or dated later', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    for (const { id } of nodes.slice(0, 2)) await repository.castVote(voteOn(ballot, id));
    await repository.decide(proposal.id);
    await expect(repository.castVote(voteOn(ballot, nodes[2].id))).rejects.toMatchObject({
      kind: 'VotingClosed',
    });
    const vote = first(await repository.getVotes(proposal.id));
    for (const [statement, code] of [
      [`update consensus.votes set decision = 'reject' where id = ${vote.id}`, 'ZB002'],
      [`delete from consensus.votes where id = ${vote.id}`, 'ZB002'],
      ['truncate consensus.votes cascade', 'ZB002'],
      [`insert into consensus.vote_assessments values (${vote.id}, 'empirical', 'reject')`, 'ZB003'],
      [
        `insert into consensus.votes (proposal_id, ballot_id, node_id, phase, decision)
         values ('${proposal.id}', '${ballot.id}', '${nodes[2].id}', 'accept', 'reject')`,
        'ZB003',
      ],
    ] as const)
      await expect(database.sql.unsafe(statement)).rejects.toMatchObject({ code });
  });

  test('a vote that claims to be from the future is dated now', async () => {
    const { ballot } = await acceptingProposal(repository, nodes);
    const [row] = await database.sql<{ later: boolean }[]>`
      insert into consensus.votes (proposal_id, ballot_id, node_id, phase, decision, cast_at)
      values (${ballot.proposalId}, ${ballot.id}, ${nodes[0].id}, 'accept', 'approve', 'infinity')
      returning cast_at > clock_timestamp() as later`;
    expect(row?.later).toBe(false);
  });

  test('the electorate is frozen once voting is open', async () => {
    const proposal = await newProposal(repository, nodes);
    await open(proposal.id);
    for (const statement of [
      `delete from consensus.electors where proposal_id = '${proposal.id}'`,
      `update consensus.electors set weight = 100 where proposal_id = '${proposal.id}'`,
      `insert into consensus.electors select '${proposal.id}', id from consensus.nodes on conflict do nothing`,
    ])
      await expect(database.sql.unsafe(statement)).rejects.toMatchObject({ code: 'ZB005' });
  });
});

describe('ballots (C5, C6)', () => {
  test('rise for the proposal and for the proposer, and end the ones before', async () => {
    const proposal = await newProposal(repository, nodes);
    const one = await open(proposal.id, nodes[0]);
    const two = await open(proposal.id, nodes[1]);
    expect(BigInt(two.number)).toBeGreaterThan(BigInt(one.number));
    const elsewhere = await newProposal(repository, nodes);
    const three = await open(elsewhere.id, nodes[1]);
    expect(BigInt(three.number)).toBeGreaterThan(BigInt(two.number));
    const { ballots, currentBallotId } = await repository.getProposal(proposal.id, { with: ['ballots'] });
    expect(ballots.map(({ id, supersededAt }) => [id, supersededAt !== null])).toEqual([
      [two.id, false],
      [one.id, true],
    ]);
    expect(currentBallotId).toBe(two.id);
    await expect(repository.castVote(voteOn(one, nodes[0].id, { phase: 'prepare' }))).rejects.toMatchObject({
      kind: 'StaleBallot',
    });
    await expect(repository.beginAccept(one.id)).rejects.toMatchObject({ kind: 'StaleBallot' });
  });

  test('neither fall nor change, whoever says so', async () => {
    const proposal = await newProposal(repository, nodes);
    const ballot = await open(proposal.id);
    for (const [statement, code] of [
      [`update consensus.ballots set value = '0' where id = '${ballot.id}'`, 'ZB005'],
      [`update consensus.ballots set number = number + 1 where id = '${ballot.id}'`, 'ZB005'],
      [`delete from consensus.ballots where id = '${ballot.id}'`, 'ZB002'],
      [`update consensus.nodes set last_ballot = 0 where id = '${nodes[0].id}'`, 'ZB004'],
      [
        `insert into consensus.ballots (proposal_id, proposer_id, number, value)
         values ('${proposal.id}', '${nodes[2].id}', ${ballot.number}, '0')`,
        'ZB004',
      ],
      [`update consensus.proposals set current_ballot_id = null where id = '${proposal.id}'`, 'ZB004'],
    ] as const)
      await expect(database.sql.unsafe(statement)).rejects.toMatchObject({ code });
  });

  test('a value that has been accepted is carried on', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    await repository.castVote(voteOn(ballot, nodes[0].id));
    await expect(open(proposal.id, nodes[1], { accept: 'another' })).rejects.toMatchObject({
      kind: 'Immutable',
    });
    expect(await open(proposal.id, nodes[1])).toMatchObject({ phase: 'prepare', value: { accept: true } });
  });

  test('the value may be any JSON but none', async () => {
    const { id } = await newProposal(repository, nodes);
    for (const value of [0, 'text', [1, { a_b: null }], false])
      expect((await open(id, nodes[0], value)).value).toEqual(value);
    await expect(open(id, nodes[0], null)).rejects.toMatchObject({ kind: 'Check' });
    await expect(
      repository.openBallot({ proposalId: id, proposerId: nodes[0].id, value: undefined }),
    ).rejects.toMatchObject({ kind: 'BadValue' });
  });
});

describe('decisions (C7, C8)', () => {
  test.each(['accepted', 'conditionally_accepted'])(
    '%s without a quorum is refused, also in plain SQL',
    async (status) => {
      const { proposal, ballot } = await acceptingProposal(repository, nodes);
      await repository.castVote(voteOn(ballot, nodes[0].id));
      await expect(
        database.sql`update consensus.proposals
        set status = ${status}::text::consensus.proposal_status, decided_ballot_id = current_ballot_id, decided_at = now()
        where id = ${proposal.id}`,
      ).rejects.toMatchObject({ code: 'ZB012' });
    },
  );

  test('the score is the counted one, whatever the statement says', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    for (const { id } of nodes) await repository.castVote(voteOn(ballot, id, { confidence: 0.8 }));
    await database.sql`update consensus.proposals set status = 'accepted', decided_ballot_id = current_ballot_id,
      decision_score = 1, decided_at = '2001-01-01' where id = ${proposal.id}`;
    const decided = await repository.getProposal(proposal.id);
    expect(decided.decisionScore).toBe(0.8);
    expect(decided.decidedAt?.getFullYear()).toBeGreaterThan(2001);
  });

  test('are final and logged once; asking again gives the same decision', async () => {
    const { proposal } = await accepted();
    const again = await repository.decide(proposal.id);
    expect(again.proposal).toEqual(proposal);
    for (const [statement, code] of [
      [`update consensus.proposals set status = 'rejected' where id = '${proposal.id}'`, 'ZB001'],
      [`update consensus.proposals set decision_reason = 'else' where id = '${proposal.id}'`, 'ZB002'],
      [
        `insert into consensus.state_log (kind, proposal_id, payload)
         values ('proposal_decided', '${proposal.id}', '{"status": "rejected"}')`,
        '23505',
      ],
    ] as const)
      await expect(database.sql.unsafe(statement)).rejects.toMatchObject({ code });
    await expect(repository.withdraw(proposal.id, 'regret')).rejects.toMatchObject({
      kind: 'IllegalTransition',
    });
    const entries = (await repository.getLog(0n, 1000)).filter(
      ({ proposalId }) => proposalId === proposal.id,
    );
    expect(entries).toHaveLength(1);
  });

  test('a proposal nobody votes on yet stays as it is', async () => {
    const { id } = await newProposal(repository, nodes);
    expect(await repository.decide(id)).toMatchObject({
      proposal: { status: 'pending' },
      tally: { votes: 0, outcome: null, weightTotal: '3.000000' },
    });
  });
});
