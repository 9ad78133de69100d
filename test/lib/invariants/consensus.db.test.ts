import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { refused } from './refused.js';
import { castVote, decide, insertBallot, insertNode, insertProposal, openProposal } from './rows.js';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createSchemaDatabase();
  ({ sql } = database);
});
afterAll(async () => {
  await database.drop();
});

/** Every elector of an open proposal approves. */
const approved = async (electors = 3) => {
  const proposal = await openProposal(sql, electors);
  for (const node of proposal.nodes)
    await castVote(sql, { proposal: proposal.id, ballot: proposal.ballot, node });
  return proposal;
};

describe('C1: one vote for each node, ballot and phase', () => {
  it('a second one is refused', async () => {
    const { id, ballot, nodes } = await openProposal(sql);
    await castVote(sql, { proposal: id, ballot, node: nodes[0] });
    await castVote(sql, { proposal: id, ballot, node: nodes[1] });
    await refused(
      castVote(sql, { proposal: id, ballot, node: nodes[0], decision: 'reject' }),
      '23505',
      'votes_ballot_id_phase_node_id_key',
    );
  });
});

describe('C2: only electors vote, and the electorate is frozen when voting opens', () => {
  it('refuses the vote of a stranger', async () => {
    const { id, ballot } = await openProposal(sql);
    const node = await insertNode(sql);
    await refused(castVote(sql, { proposal: id, ballot, node }), '23503', 'votes_elector_fkey');
  });

  it('refuses the vote of an elector of another proposal, and a ballot of another proposal', async () => {
    const [one, other] = [await openProposal(sql), await openProposal(sql)];
    await refused(
      castVote(sql, { proposal: one.id, ballot: one.ballot, node: other.nodes[0] }),
      '23503',
      'votes_elector_fkey',
    );
    await refused(
      castVote(sql, { proposal: one.id, ballot: other.ballot, node: one.nodes[0] }),
      'ZB004',
      'a_guard',
    );
  });

  it('refuses to add, weigh, move or remove an elector', async () => {
    const { id, nodes } = await openProposal(sql);
    const pending = await insertProposal(sql, nodes[0] ?? '');
    const node = await insertNode(sql);
    await sql`insert into consensus.electors (proposal_id, node_id) values (${pending}, ${node})`;
    await sql`update consensus.electors set weight = 2 where proposal_id = ${pending}`;
    for (const change of [
      sql`insert into consensus.electors (proposal_id, node_id) values (${id}, ${node})`,
      sql`update consensus.electors set weight = 9 where proposal_id = ${id}`,
      sql`update consensus.electors set proposal_id = ${id} where proposal_id = ${pending}`,
      sql`update consensus.electors set proposal_id = ${pending} where proposal_id = ${id} and node_id = ${nodes[1] ?? ''}`,
    ])
      await refused(change, 'ZB005', 'a_guard');
    await refused(sql`delete from consensus.electors where proposal_id = ${id}`, 'ZB005', 'a_guard_delete');
    await refused(sql`truncate consensus.electors cascade`, 'ZB002', 'a_no_truncate');
    await sql`delete from consensus.electors where proposal_id = ${pending}`;
  });

  it.each(['0', '-1', `'NaN'`])('refuses the weight %s', async (weight) => {
    const node = await insertNode(sql);
    const proposal = await insertProposal(sql, node);
    await refused(
      sql.unsafe(`insert into consensus.electors values ('${proposal}', '${node}', ${weight})`),
      '23514',
      'electors_weight_positive',
    );
  });
});

describe('C3: no vote at the wrong time or place', () => {
  it('before voting opens', async () => {
    const node = await insertNode(sql);
    const proposal = await insertProposal(sql, node);
    await sql`insert into consensus.electors (proposal_id, node_id) values (${proposal}, ${node})`;
    const ballot = await insertBallot(sql, proposal, node);
    await refused(castVote(sql, { proposal, ballot, node }), 'ZB003', 'a_guard');
  });

  it('after the decision', async () => {
    const { id, ballot, nodes } = await openProposal(sql, 5);
    for (const node of nodes.slice(0, 4)) await castVote(sql, { proposal: id, ballot, node });
    await decide(sql, id);
    await refused(castVote(sql, { proposal: id, ballot, node: nodes[4] }), 'ZB003', 'a_guard');
  });

  it('after expiry', async () => {
    const { id, ballot, nodes } = await openProposal(sql, 3, '1 microsecond');
    await refused(castVote(sql, { proposal: id, ballot, node: nodes[0] }), 'ZB003', 'a_guard');
  });

  it('on a superseded ballot, from the moment the next one is open', async () => {
    const { id, ballot, nodes } = await openProposal(sql);
    const [proposer = ''] = nodes;
    const next = await insertBallot(sql, id, proposer);
    await refused(castVote(sql, { proposal: id, ballot, node: proposer }), 'ZB004', 'a_guard');
    await sql`update consensus.proposals set current_ballot_id = ${next} where id = ${id}`;
    await refused(castVote(sql, { proposal: id, ballot, node: proposer }), 'ZB004', 'a_guard');
    await castVote(sql, { proposal: id, ballot: next, node: proposer });
  });

  it('in the wrong phase', async () => {
    const { id, ballot, nodes } = await openProposal(sql);
    await refused(
      castVote(sql, { proposal: id, ballot, node: nodes[0], phase: 'prepare' }),
      'ZB004',
      'a_guard',
    );
  });

  it('nor an assessment after the decision', async () => {
    const { id } = await approved();
    const assess = (framework: string) => sql`
      insert into consensus.vote_assessments (vote_id, framework, verdict)
      select min(v.id), ${framework}::text::bk.framework_kind, 'approve'
      from consensus.votes v where v.proposal_id = ${id}`;
    await assess('empirical');
    await refused(sql`update consensus.vote_assessments set verdict = 'reject'`, 'ZB002', 'a_immutable');
    await refused(sql`delete from consensus.vote_assessments`, 'ZB002', 'a_immutable');
    await refused(sql`truncate consensus.vote_assessments`, 'ZB002', 'a_no_truncate');
    await decide(sql, id);
    await refused(assess('utility'), 'ZB003', 'a_guard');
  });

  it('and a vote is never stamped later than it was cast', async () => {
    const { id, ballot, nodes } = await openProposal(sql);
    await sql`
      insert into consensus.votes (proposal_id, ballot_id, node_id, phase, decision, cast_at)
      values (${id}, ${ballot}, ${nodes[0] ?? ''}, 'accept', 'approve', now() + interval '1 year')`;
    expect(
      await sql`select from consensus.votes where proposal_id = ${id} and cast_at > clock_timestamp()`,
    ).toHaveLength(0);
  });
});

describe('C4: votes are for ever', () => {
  it('they are neither changed nor withdrawn, and go with their proposal only', async () => {
    const { id } = await approved();
    await refused(
      sql`update consensus.votes set decision = 'reject' where proposal_id = ${id}`,
      'ZB002',
      'a_immutable',
    );
    await refused(sql`delete from consensus.votes where proposal_id = ${id}`, 'ZB002', 'a_immutable');
    await refused(sql`truncate consensus.votes cascade`, 'ZB002', 'a_no_truncate');
    await refused(sql`delete from consensus.proposals where id = ${id}`, 'ZB002', 'a_no_delete');
    await decide(sql, id, 'withdrawn');
    await sql`delete from consensus.proposals where id = ${id}`;
    expect(await sql`select from consensus.votes where proposal_id = ${id}`).toHaveLength(0);
  });

  it('a conditional vote names its conditions', async () => {
    const { id, ballot, nodes } = await openProposal(sql);
    await refused(
      castVote(sql, { proposal: id, ballot, node: nodes[0], decision: 'conditional' }),
      '23514',
      'votes_conditional_names_conditions',
    );
  });
});

describe('C5: ballots only rise, and their value stays', () => {
  const ballotAt = (proposal: string, proposer: string, number: number, value = '{"v": 1}') => sql`
    insert into consensus.ballots (proposal_id, proposer_id, number, value)
    values (${proposal}, ${proposer}, ${number}, ${value}::text::jsonb)`;

  it('a number at or below the last one of the proposal is refused', async () => {
    const [one, two] = [await insertNode(sql), await insertNode(sql)];
    const proposal = await insertProposal(sql, one);
    await ballotAt(proposal, one, 5);
    await refused(ballotAt(proposal, two, 5), 'ZB004', 'a_guard');
    await refused(ballotAt(proposal, two, 4), 'ZB004', 'a_guard');
    await ballotAt(proposal, two, 6);
  });

  it('so is one at or below the last one of the proposer, on whichever proposal', async () => {
    const node = await insertNode(sql);
    const [one, two] = [await insertProposal(sql, node), await insertProposal(sql, node)];
    await ballotAt(one, node, 5);
    await refused(ballotAt(two, node, 5), 'ZB004', 'a_guard');
    await ballotAt(two, node, 6);
    await refused(sql`update consensus.nodes set last_ballot = 1 where id = ${node}`, 'ZB004', 'a_monotonic');
    await refused(ballotAt(one, node, 0), 'ZB004', 'a_guard');
  });

  it('what was opened is fixed: number, value, owner, phase; and it stays', async () => {
    const { ballot } = await openProposal(sql);
    const set = (assignment: string) =>
      sql.unsafe(`update consensus.ballots set ${assignment} where id = '${ballot}'`);
    for (const change of [
      `number = number + 1`,
      `value = '{}'`,
      `value_sha256 = sha256('x')`,
      `opened_at = now()`,
    ])
      await refused(set(change), 'ZB005', 'c_freeze');
    await refused(set(`phase = 'prepare', accept_opened_at = null`), 'ZB001', 'b_transition');
    await refused(sql`delete from consensus.ballots where id = ${ballot}`, 'ZB002', 'a_no_delete');
    await refused(sql`truncate consensus.ballots cascade`, 'ZB002', 'a_no_truncate');
  });

  it('a value that a node has accepted binds every later ballot', async () => {
    const { id, ballot, nodes } = await openProposal(sql);
    const [proposer = ''] = nodes;
    await castVote(sql, { proposal: id, ballot, node: nodes[1] });
    await refused(insertBallot(sql, id, proposer, '{"v": 2}'), 'ZB002', 'a_guard');
    await insertBallot(sql, id, proposer);
  });

  it('a decided proposal takes no ballot', async () => {
    const { id, nodes } = await approved();
    await decide(sql, id);
    await refused(insertBallot(sql, id, nodes[0] ?? ''), 'ZB003', 'a_guard');
  });

  it('a proposal moves to its newest ballot only, and to none of another', async () => {
    const [one, other] = [await openProposal(sql), await openProposal(sql)];
    const newest = await insertBallot(sql, one.id, one.nodes[0] ?? '');
    const moveTo = (ballot: string) =>
      sql`update consensus.proposals set current_ballot_id = ${ballot} where id = ${one.id}`;
    await refused(moveTo(other.ballot), 'ZB004', 'b_guard');
    await moveTo(newest);
    await refused(moveTo(one.ballot), 'ZB004', 'b_guard');
  });
});
