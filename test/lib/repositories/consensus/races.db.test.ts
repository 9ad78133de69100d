import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ConsensusRepository,
  isRepositoryError,
  type ConsensusNode,
} from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import { acceptingProposal, activeNodes, newProposal, violations, voteOn } from './network.js';

const ROUNDS = 30;

let database: TestDatabase;
let repository: ConsensusRepository;
let nodes: readonly [ConsensusNode, ConsensusNode, ConsensusNode];

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 16 });
  repository = new ConsensusRepository(database.sql);
  nodes = (await activeNodes(repository, 3)) as unknown as typeof nodes;
  // A connection of its own for every contender, before any race is on.
  await Promise.all(Array.from({ length: 16 }, () => database.sql`select pg_sleep(0.05)`));
});
afterAll(async () => {
  expect(await violations(database.sql)).toEqual([]);
  expect(await repository.verifyLog()).toMatchObject({ ok: true });
  await database.drop();
});

/** What became of an attempt: `done`, or the kind of its refusal. Anything else is a failure of the test. */
const outcome = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'done',
    (error: unknown) => {
      if (isRepositoryError(error)) return error.kind;
      throw error;
    },
  );

/** In another order each round, for the first to ask tends to win. */
const rotated = <T>(items: readonly T[], by: number): T[] =>
  items.map((_, place) => items[(place + by) % items.length] as T);

describe('votes against a decision', () => {
  test(`${ROUNDS} three-way races: a vote is counted or refused, never late`, async () => {
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const { proposal, ballot } = await acceptingProposal(repository, nodes);
      for (const { id } of nodes.slice(0, round % 3 === 0 ? 1 : 0))
        await repository.castVote(voteOn(ballot, id));
      const voters = round % 3 === 0 ? nodes.slice(1) : nodes;
      const contenders = [
        ...voters.map(
          ({ id }) =>
            () =>
              outcome(repository.castVote(voteOn(ballot, id))),
        ),
        () => outcome(repository.decide(proposal.id)),
      ];
      const outcomes = await Promise.all(rotated(contenders, round).map((contend) => contend()));
      outcomes.forEach((kind) => seen.add(kind));
      expect(outcomes.every((kind) => kind === 'done' || kind === 'VotingClosed')).toBe(true);

      const votes = (await repository.getVotes(proposal.id)).filter(({ phase }) => phase === 'accept');
      const refused = outcomes.filter((kind) => kind !== 'done').length;
      expect(votes).toHaveLength(nodes.length - refused);
      const { status, decidedAt } = await repository.getProposal(proposal.id);
      if (refused > 0) expect(status).toBe('accepted');
      if (decidedAt !== null) {
        const late =
          await database.sql`select from consensus.votes v join consensus.proposals p on p.id = v.proposal_id
          where p.id = ${proposal.id} and v.cast_at > p.decided_at`;
        expect(late).toHaveLength(0);
      }
    }
    expect(seen.has('done')).toBe(true);
  });

  test('a decision has counted every vote there is', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { proposal, ballot } = await acceptingProposal(repository, nodes);
      for (const { id } of nodes.slice(0, 2)) await repository.castVote(voteOn(ballot, id));
      const late = () => outcome(repository.castVote(voteOn(ballot, nodes[2].id, { decision: 'reject' })));
      const [first, second] = await Promise.all(
        round % 2 === 0 ? [repository.decide(proposal.id), late()] : [late(), repository.decide(proposal.id)],
      );
      const [decision, vote] = typeof first === 'string' ? [second, first] : [first, second];
      if (typeof decision === 'string') throw new Error('the decision is no outcome of a vote');
      expect(decision.tally.votes).toBe(vote === 'done' ? 3 : 2);
      expect(decision.proposal.decisionScore).toBeCloseTo(vote === 'done' ? 2 / 3 : 1);
    }
  });

  test('many deciders, one decision, one entry in the log', async () => {
    const { proposal, ballot } = await acceptingProposal(repository, nodes);
    for (const { id } of nodes) await repository.castVote(voteOn(ballot, id));
    const decisions = await Promise.all(Array.from({ length: 10 }, () => repository.decide(proposal.id)));
    const times = new Set(decisions.map(({ proposal: { decidedAt } }) => decidedAt?.getTime()));
    expect(times.size).toBe(1);
    const entries = await database.sql`select from consensus.state_log where proposal_id = ${proposal.id}`;
    expect(entries).toHaveLength(1);
  });

  test('decided or withdrawn, not both', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { proposal, ballot } = await acceptingProposal(repository, nodes);
      for (const { id } of nodes) await repository.castVote(voteOn(ballot, id));
      const contenders = [
        () => outcome(repository.decide(proposal.id)),
        () => outcome(repository.withdraw(proposal.id, 'regret')),
      ];
      const outcomes = await Promise.all(rotated(contenders, round).map((contend) => contend()));
      const { status } = await repository.getProposal(proposal.id);
      const withdrawn = rotated(outcomes, round)[1] === 'done';
      expect(status).toBe(withdrawn ? 'withdrawn' : 'accepted');
    }
  });

  test('the same node voting twice at once has one vote', async () => {
    for (let round = 0; round < 10; round++) {
      const { proposal, ballot } = await acceptingProposal(repository, nodes);
      const outcomes = await Promise.all(
        (['approve', 'reject', 'abstain'] as const).map((decision) =>
          outcome(repository.castVote(voteOn(ballot, nodes[0].id, { decision }))),
        ),
      );
      expect(outcomes.sort()).toEqual(['Conflict', 'Conflict', 'done']);
      expect((await repository.tally(proposal.id)).votes).toBe(1);
    }
  });
});

describe('ballots against each other', () => {
  test('on one proposal: all rise, the newest is the current one, the rest are over', async () => {
    const proposal = await newProposal(repository, nodes);
    const opened = await Promise.all(
      Array.from({ length: 15 }, (_, n) =>
        repository.openBallot({ proposalId: proposal.id, proposerId: nodes[n % 3]?.id ?? '', value: n }),
      ),
    );
    const { ballots, currentBallotId } = await repository.getProposal(proposal.id, { with: ['ballots'] });
    expect(new Set(ballots.map(({ number }) => number)).size).toBe(opened.length);
    expect(ballots.filter(({ supersededAt }) => supersededAt === null).map(({ id }) => id)).toEqual([
      currentBallotId,
    ]);
    expect(ballots[0]?.id).toBe(currentBallotId);
    const opening = ballots.map(({ openedAt }) => openedAt.getTime());
    expect(opening).toEqual([...opening].sort((a, b) => b - a));
  });

  test('of one proposer on many proposals: no number is used twice', async () => {
    const proposals = await Promise.all(Array.from({ length: 15 }, () => newProposal(repository, nodes)));
    const opened = await Promise.all(
      proposals.map(({ id }) => repository.openBallot({ proposalId: id, proposerId: nodes[0].id, value: 0 })),
    );
    expect(new Set(opened.map(({ number }) => number)).size).toBe(15);
    const [node] = await database.sql<{ last_ballot: string }[]>`
      select last_ballot::text from consensus.nodes where id = ${nodes[0].id}`;
    const highest = opened.map(({ number }) => BigInt(number)).reduce((a, b) => (a > b ? a : b));
    expect(node?.last_ballot).toBe(String(highest));
  });

  test('a vote lands on the ballot it is for, or nowhere', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { proposal, ballot } = await acceptingProposal(repository, nodes);
      const contenders = [
        ...nodes.map(
          ({ id }) =>
            () =>
              outcome(repository.castVote(voteOn(ballot, id))),
        ),
        () =>
          outcome(
            repository.openBallot({
              proposalId: proposal.id,
              proposerId: nodes[1].id,
              value: { accept: 'another' },
            }),
          ),
      ];
      const outcomes = await Promise.all(rotated(contenders, round).map((contend) => contend()));
      const accepted = (await repository.tally(proposal.id, { ballotId: ballot.id })).votes;
      const { ballots } = await repository.getProposal(proposal.id, { with: ['ballots'] });
      // Either somebody accepted the first value and no other could be put up, or the new ballot shut all votes out.
      expect([accepted > 0, ballots.length]).toEqual(accepted > 0 ? [true, 1] : [false, 2]);
      expect(outcomes.filter((kind) => kind === 'done')).toHaveLength(accepted > 0 ? 3 : 1);
    }
  });

  test('no promise comes after the acceptances have begun', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const proposal = await newProposal(repository, nodes);
      const ballot = await repository.openBallot({
        proposalId: proposal.id,
        proposerId: nodes[0].id,
        value: 1,
      });
      for (const { id } of nodes.slice(0, 2))
        await repository.castVote(voteOn(ballot, id, { phase: 'prepare' }));
      const contenders = [
        () => outcome(repository.castVote(voteOn(ballot, nodes[2].id, { phase: 'prepare' }))),
        () => outcome(repository.beginAccept(ballot.id)),
      ];
      const outcomes = await Promise.all(rotated(contenders, round).map((contend) => contend()));
      expect(['done,done', 'StaleBallot,done']).toContain(rotated(outcomes, round).join());
      const late =
        await database.sql`select from consensus.votes v join consensus.ballots b on b.id = v.ballot_id
        where b.id = ${ballot.id} and v.phase = 'prepare' and v.cast_at > b.accept_opened_at`;
      expect(late).toHaveLength(0);
    }
  });

  test('nobody joins the electorate after the first ballot', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const proposal = await newProposal(repository, nodes.slice(0, 2));
      const join = database.sql`insert into consensus.electors values (${proposal.id}, ${nodes[2].id}, 100)`;
      const contenders = [
        () =>
          join.then(
            () => 'done',
            (error: unknown) => (error as { code: string }).code,
          ),
        () => outcome(repository.openBallot({ proposalId: proposal.id, proposerId: nodes[0].id, value: 1 })),
      ];
      const outcomes = await Promise.all(rotated(contenders, round).map((contend) => contend()));
      const [joined, opened] = rotated(outcomes, round);
      expect(opened).toBe('done');
      expect(['done', 'ZB005']).toContain(joined);
      const { weightTotal } = await repository.tally(proposal.id);
      expect(Number(weightTotal)).toBe(joined === 'done' ? 102 : 2);
    }
  });
});

test('decisions, appends and quarantines at once make one chain', async () => {
  const before = (await repository.latestState())?.logIndex ?? '0';
  const suspects = await activeNodes(repository, 5);
  const proposals = await Promise.all(Array.from({ length: 5 }, () => newProposal(repository, nodes)));
  await Promise.all([
    ...proposals.map(({ id }) => repository.withdraw(id, 'x')),
    ...suspects.map(({ id }) => repository.quarantineNode(id, 'x')),
    ...[1, 2, 3, 4, 5].map((n) => repository.appendState({ kind: 'snapshot', payload: { n } })),
  ]);
  const entries = await repository.getLog(before);
  expect(entries.map(({ logIndex }) => Number(logIndex) - Number(before))).toEqual(
    Array.from({ length: 15 }, (_, n) => n + 1),
  );
  expect(await repository.verifyLog({ from: before === '0' ? 1n : before })).toMatchObject({ ok: true });
});
