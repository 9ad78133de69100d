import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { refused } from './refused.js';
import { castVote, decide, insertBallot, insertNode, insertProposal, key, openProposal } from './rows.js';

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

describe('C6: two quorums intersect', () => {
  it.each([
    ['0.5', false],
    ['0', false],
    ['1.001', false],
    ['0.501', true],
    ['1', true],
  ])('a quorum of %s: %s', async (quorum, legal) => {
    const node = await insertNode(sql);
    const insert = sql`
      insert into consensus.proposals (proposal_key, proposal_type, content, proposer_id, expires_at, quorum_fraction)
      values (${key('proposal')}, 'model_update', '{}', ${node}, now() + interval '1 hour', ${quorum})`;
    if (legal) await expect(insert).resolves.toMatchObject({ count: 1 });
    else await refused(insert, '23514', 'proposals_quorum_fraction_range');
  });
});

describe('C7: nothing is accepted without its quorum', () => {
  const voted = async (...decisions: string[]) => {
    const proposal = await openProposal(sql, 5);
    for (const [index, decision] of decisions.entries())
      await sql`
        insert into consensus.votes (proposal_id, ballot_id, node_id, phase, decision, conditions)
        values (${proposal.id}, ${proposal.ballot}, ${proposal.nodes[index] ?? ''}, 'accept', ${decision}, '["c"]')`;
    return proposal.id;
  };

  it('with no or too few votes, whoever issues the update', async () => {
    await refused(decide(sql, await voted()), 'ZB012', 'b_guard');
    const two = await voted('approve', 'approve');
    await refused(decide(sql, two), 'ZB012', 'b_guard');
    await refused(decide(sql, two, 'conditionally_accepted'), 'ZB012', 'b_guard');
  });

  it('rejections and abstentions make none', async () => {
    await refused(
      decide(sql, await voted('approve', 'approve', 'reject', 'reject', 'abstain')),
      'ZB012',
      'b_guard',
    );
  });

  it('a quorum below the threshold is accepted with conditions only', async () => {
    const id = await voted('approve', 'conditional', 'conditional', 'reject', 'reject');
    await refused(decide(sql, id), 'ZB012', 'b_guard');
    await decide(sql, id, 'conditionally_accepted');
  });

  it('with a quorum it is, and the score is recorded whatever was written', async () => {
    const id = await voted('approve', 'approve', 'approve', 'abstain');
    await sql`
      update consensus.proposals
      set status = 'accepted', decided_ballot_id = current_ballot_id, decided_at = '1999-01-01', decision_score = 0.1
      where id = ${id}`;
    expect(
      await sql`select decision_score, decided_at > now() - interval '1 minute' as now from consensus.proposals where id = ${id}`,
    ).toEqual([{ decision_score: 1, now: true }]);
  });

  it('a required framework that nobody assessed leaves it conditional', async () => {
    const node = await insertNode(sql);
    const [row] = await sql<{ id: string }[]>`
      insert into consensus.proposals (proposal_key, proposal_type, content, proposer_id, expires_at, required_frameworks)
      values (${key('proposal')}, 'model_update', '{}', ${node}, now() + interval '1 hour', '{meta}') returning id`;
    const id = row?.id ?? '';
    await sql`insert into consensus.electors (proposal_id, node_id) values (${id}, ${node})`;
    const ballot = await insertBallot(sql, id, node);
    await sql`update consensus.proposals set status = 'voting', current_ballot_id = ${ballot} where id = ${id}`;
    await castVote(sql, { proposal: id, ballot, node });
    await refused(decide(sql, id), 'ZB012', 'b_guard');
    await refused(
      sql`update consensus.proposals set required_frameworks = '{}' where id = ${id}`,
      'ZB005',
      'c_freeze',
    );
    await sql`
      insert into consensus.vote_assessments (vote_id, framework, verdict)
      select v.id, 'meta', 'approve' from consensus.votes v where v.proposal_id = ${id}`;
    await decide(sql, id);
  });

  it('voting needs electors', async () => {
    const node = await insertNode(sql);
    const id = await insertProposal(sql, node);
    const ballot = await insertBallot(sql, id, node);
    await refused(
      sql`update consensus.proposals set status = 'voting', current_ballot_id = ${ballot} where id = ${id}`,
      'ZB012',
      'b_guard',
    );
  });

  it('it is decided by its current ballot only', async () => {
    const { id, ballot, nodes } = await approved();
    const next = await insertBallot(sql, id, nodes[0] ?? '');
    await sql`update consensus.proposals set current_ballot_id = ${next} where id = ${id}`;
    await refused(
      sql`
        update consensus.proposals set status = 'accepted', decided_ballot_id = ${ballot}, decided_at = now()
        where id = ${id}`,
      'ZB004',
      'b_guard',
    );
    await refused(decide(sql, id), 'ZB012', 'b_guard');
  });
});

describe('C8: a decision is final, and logged once', () => {
  it.each(['voting', 'rejected', 'withdrawn', 'timeout', 'conditionally_accepted'])(
    'an accepted proposal never becomes %s',
    async (status) => {
      const { id } = await approved();
      await decide(sql, id);
      await refused(decide(sql, id, status), 'ZB001', 'a_transition');
    },
  );

  it('nor does anything else about it change', async () => {
    const { id } = await approved();
    await decide(sql, id);
    for (const assignment of [
      `decision_reason = 'x'`,
      'decision_score = 0',
      `metadata = '{"a": 1}'`,
      'priority = 1',
    ])
      await refused(
        sql.unsafe(`update consensus.proposals set ${assignment} where id = '${id}'`),
        'ZB002',
        'b_final',
      );
  });

  it('it starts as pending, and skips no stage', async () => {
    const node = await insertNode(sql);
    await refused(
      sql`
        insert into consensus.proposals (proposal_key, proposal_type, content, proposer_id, expires_at, status, decided_at)
        values (${key('p')}, 'model_update', '{}', ${node}, now() + interval '1 hour', 'rejected', now())`,
      'ZB001',
      'a_initial',
    );
    for (const status of ['accepted', 'rejected', 'conditionally_accepted'])
      await refused(decide(sql, await insertProposal(sql, node), status), 'ZB001', 'a_transition');
  });

  it('the log has it exactly once, and takes no invented one', async () => {
    const { id } = await approved();
    const log = (proposal: string) => sql`
      insert into consensus.state_log (kind, proposal_id, payload) values ('proposal_decided', ${proposal}, '{}')`;
    await refused(log(id), 'ZB001', 'a_chain');
    await decide(sql, id);
    expect(await sql`select from consensus.state_log where proposal_id = ${id}`).toHaveLength(1);
    await refused(log(id), '23505', 'state_log_decided_once_key');
  });
});

describe('C9: the log', () => {
  const append = () => sql<{ log_index: string }[]>`
    insert into consensus.state_log (kind, payload) values ('snapshot', '{"a": 1}') returning log_index`;

  it('has no gaps, even after a rollback, and takes no index or hash of the writer', async () => {
    const [first] = await append();
    await sql
      .begin(async (transaction) => {
        await transaction`insert into consensus.state_log (kind, payload) values ('snapshot', '{}')`;
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    const [second] = await sql<{ log_index: string; forged: boolean }[]>`
      insert into consensus.state_log (log_index, kind, payload, prev_hash, entry_hash)
      values (999, 'snapshot', '{}', sha256('x'), sha256('y')) returning log_index, entry_hash = sha256('y') as forged`;
    expect(BigInt(second?.log_index ?? 0)).toBe(BigInt(first?.log_index ?? 0) + 1n);
    expect(second?.forged).toBe(false);
  });

  it('cannot be changed, deleted or truncated, nor its end be moved', async () => {
    await append();
    await refused(sql`update consensus.state_log set payload = '{}'`, 'ZB002', 'a_append_only');
    await refused(sql`delete from consensus.state_log`, 'ZB002', 'a_append_only');
    await refused(sql`truncate consensus.state_log`, 'ZB002', 'a_no_truncate');
    await refused(sql`update consensus.log_head set last_index = 0`, 'ZB002', 'a_chain_only');
    await refused(sql`delete from consensus.log_head`, 'ZB002', 'a_no_delete');
    await refused(sql`insert into consensus.log_head default values`, '23505', 'log_head_pkey');
    await refused(
      sql`insert into consensus.log_head (singleton) values (false)`,
      '23514',
      'log_head_singleton',
    );
  });
});
