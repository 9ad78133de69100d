import type { DomainSeed, Row, Rows, RowWriter } from '../fixtures.js';
import { PROPOSALS_PER_UNIT } from './fate.js';
import { nodeAggregate, nodeCount } from './nodes.js';
import { planProposal } from './proposals.js';
import { proposalAggregate } from './rows.js';

/** Nodes, what they voted on, and the log of what they decided. */
export const consensusSeed: DomainSeed = {
  domain: 'consensus',
  needs: ['verification'],
  tables: {
    'consensus.nodes': ['id'],
    'consensus.node_trust': ['truster_id', 'trustee_id', 'framework'],
    'consensus.proposals': ['id'],
    'consensus.electors': ['proposal_id', 'node_id'],
    'consensus.ballots': ['id'],
    'consensus.votes': ['id'],
    'consensus.vote_assessments': ['vote_id', 'framework'],
    'consensus.state_log': ['kind', 'proposal_id', 'recorded_at'],
  },
  roots: {
    'consensus.nodes': { id: 'id', key: 'node_key' },
    'consensus.proposals': {
      id: 'id',
      key: 'proposal_key',
      trail: { table: 'consensus.state_log', id: 'proposal_id' },
    },
  },
  partitioned: [],
  // b_guard and the guard of votes compare with the clock: bk.verify() looks their rules up afterwards.
  clockTriggers: {
    'consensus.nodes': ['zz_touch'],
    'consensus.proposals': ['b_guard', 'z_log', 'zz_touch'],
    'consensus.votes': ['a_guard'],
  },
  *aggregates(fixtures, unit) {
    for (let n = nodeCount(unit); n < nodeCount(unit + 1); n++) yield nodeAggregate(fixtures, n);
    for (let i = 0; i < PROPOSALS_PER_UNIT; i++)
      yield proposalAggregate(planProposal(fixtures, unit * PROPOSALS_PER_UNIT + i));
  },
  write: writeConsensus,
};

const DECISION = [
  'status',
  'decided_ballot_id',
  'decision_score',
  'decision_reason',
  'decided_at',
  'updated_at',
];

/** Each proposal gets its electors and is voted on, ballot after ballot, before it is decided and logged. */
async function writeConsensus(writer: RowWriter, rows: Rows): Promise<void> {
  const proposals = rows['consensus.proposals'] ?? [];
  await writer.insert('consensus.nodes', rows['consensus.nodes']);
  await writer.insert('consensus.node_trust', rows['consensus.node_trust']);
  await writer.insert('consensus.proposals', proposals.map(asPending));
  await writer.insert('consensus.electors', rows['consensus.electors']);
  await writeBallots(writer, proposals, rows['consensus.ballots'] ?? []);
  await writeVotes(writer, rows);
  const decided = proposals.filter((row) => row['decided_at'] !== null);
  await writer.update('consensus.proposals', DECISION, decided);
  await writer.insert('consensus.state_log', (rows['consensus.state_log'] ?? []).toSorted(byTime));
  await catchUp(writer);
}

async function writeBallots(
  writer: RowWriter,
  proposals: readonly Row[],
  ballots: readonly Row[],
): Promise<void> {
  const byNumber = ballots.toSorted((a, b) => Number(a['number']) - Number(b['number']));
  const superseded = byNumber.filter((row) => row['superseded_at'] !== null);
  const current = new Set(proposals.map((row) => row['current_ballot_id']));
  const first = byNumber.filter((row) => superseded.includes(row) || !isSecond(row, superseded));
  await openBallots(writer, proposals, first);
  await writer.update('consensus.ballots', ['superseded_at'], superseded);
  await openBallots(
    writer,
    proposals,
    byNumber.filter((row) => isSecond(row, superseded)),
  );
  const accepting = byNumber.filter((row) => row['phase'] === 'accept' && current.has(row['id']));
  await writer.update('consensus.ballots', ['phase', 'accept_opened_at'], accepting);
}

function isSecond(row: Row, superseded: readonly Row[]): boolean {
  return (
    row['superseded_at'] === null && superseded.some((other) => other['proposal_id'] === row['proposal_id'])
  );
}

async function openBallots(
  writer: RowWriter,
  proposals: readonly Row[],
  ballots: readonly Row[],
): Promise<void> {
  const open = ballots.map((row) => ({
    ...row,
    phase: 'prepare',
    accept_opened_at: null,
    superseded_at: null,
  }));
  await writer.insert('consensus.ballots', open);
  const newest = new Map(ballots.map((row) => [row['proposal_id'], row['id']]));
  const voting = proposals.filter((row) => newest.has(row['id']));
  await writer.update(
    'consensus.proposals',
    ['status', 'current_ballot_id', 'updated_at'],
    voting.map((row) => ({ ...row, status: 'voting', current_ballot_id: newest.get(row['id']) })),
  );
}

/** Votes are numbered by the table's own sequence. */
async function writeVotes(writer: RowWriter, rows: Rows): Promise<void> {
  const votes = rows['consensus.votes'] ?? [];
  const numbers = await writer.sql<{ id: string }[]>`
    select pg_catalog.nextval(pg_catalog.pg_get_serial_sequence('consensus.votes', 'id'))::text as id
      from pg_catalog.generate_series(1, ${votes.length}::integer)`;
  const ids = new Map(votes.map((row, index) => [row['id'], numbers[index]?.id]));
  await writer.insert(
    'consensus.votes',
    votes.map((row) => ({ ...row, id: ids.get(row['id']) })),
  );
  await writer.insert(
    'consensus.vote_assessments',
    (rows['consensus.vote_assessments'] ?? []).map((row) => ({ ...row, vote_id: ids.get(row['vote_id']) })),
  );
}

/** Active nodes have applied the log, some of them all but its last entries. */
async function catchUp({ sql }: RowWriter): Promise<void> {
  await sql`
    update consensus.nodes n
       set applied_index = greatest(n.applied_index, h.last_index - pg_catalog.length(n.node_key) % 3)
      from consensus.log_head h
     where n.status = 'active'`;
}

function asPending(row: Row): Row {
  return {
    ...row,
    status: 'pending',
    current_ballot_id: null,
    decided_ballot_id: null,
    decision_score: null,
    decision_reason: null,
    decided_at: null,
  };
}

function byTime(a: Row, b: Row): number {
  return Number(a['recorded_at']) - Number(b['recorded_at']);
}
