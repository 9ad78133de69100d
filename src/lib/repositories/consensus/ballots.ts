import { bind, RepositoryError, sql, type Executor } from '../base/index.js';
import { requireProposer } from './nodes.js';
import { lockProposal } from './proposals.js';
import { ballots, nodes, proposals, type Ballot } from './tables.js';
import type { Tally } from './types.js';
import { readTally } from './votes.js';

/** A value that a node wants accepted for a proposal. */
export interface NewBallot {
  readonly proposalId: string;
  readonly proposerId: string;
  readonly value: unknown;
}

/**
 * Opens the next ballot of a proposal and makes it the one that is voted on; earlier ones end.
 * @throws RepositoryError VotingClosed; NoQuorum without electors; Immutable when an earlier ballot has acceptances of
 * another value; InactiveNode, NotFound.
 */
export async function openBallot(
  executor: Executor,
  { proposalId, proposerId, value }: NewBallot,
): Promise<Ballot> {
  return executor.transaction(async (inner) => {
    // Both rows are held before the number is worked out, so that ballots opened at the same time follow each other.
    await lockProposal(inner, proposalId);
    await inner.run(
      { method: 'openBallot', operation: 'select', table: nodes },
      sql`select from consensus.nodes where id = ${proposerId} for no key update`,
    );
    await requireProposer(inner, proposerId);
    const ballot = await inner.one(
      { method: 'openBallot', operation: 'insert', table: ballots, row: ballots.row },
      sql`insert into consensus.ballots (proposal_id, proposer_id, number, value)
        select ${proposalId}, n.id,
          1 + greatest(n.last_ballot, (select max(b.number) from consensus.ballots b where b.proposal_id = ${proposalId})),
          ${bind(ballots.column('value').facts, value)}
        from consensus.nodes n where n.id = ${proposerId}
        returning ${ballots.select()}`,
    );
    await inner.run(
      { method: 'openBallot', operation: 'update', table: proposals },
      sql`update consensus.proposals set status = 'voting', current_ballot_id = ${ballot.id} where id = ${proposalId}`,
    );
    return ballot;
  });
}

/**
 * Ends the gathering of promises: from now on the ballot takes acceptances. A ballot that does so already stays as it is.
 * @throws RepositoryError NoQuorum while too few have promised; StaleBallot, VotingClosed, NotFound.
 */
export async function beginAccept(executor: Executor, ballotId: string): Promise<Ballot> {
  return executor.transaction(async (inner) => {
    const { proposalId } = await findBallot(inner, ballotId);
    const proposal = await lockProposal(inner, proposalId);
    if (proposal.status !== 'voting')
      throw new RepositoryError('VotingClosed', `proposal ${proposal.proposalKey} is ${proposal.status}`);
    if (proposal.currentBallotId !== ballotId)
      throw new RepositoryError('StaleBallot', `proposal ${proposal.proposalKey} has a newer ballot`);
    const begun = await inner.first(
      { method: 'beginAccept', operation: 'update', table: ballots, row: ballots.row },
      sql`update consensus.ballots b set phase = 'accept'
        from consensus.tally(${proposalId}, ${ballotId}, 'prepare') t
        where b.id = ${ballotId} and t.weight_for >= t.quorum
        returning ${ballots.select('b')}`,
    );
    return begun ?? refuseBegin(await readTally(inner, { proposalId, ballotId, phase: 'prepare' }));
  });
}

function refuseBegin({ weightFor, weightTotal, quorum }: Tally): never {
  const promised = `${weightFor} of ${weightTotal} promised, and the quorum is ${quorum}`;
  throw new RepositoryError('NoQuorum', promised);
}

async function findBallot(executor: Executor, id: string): Promise<Ballot> {
  const ballot = await executor.first(
    { method: 'findBallot', operation: 'select', table: ballots, row: ballots.row },
    sql`select ${ballots.select()} from consensus.ballots where id = ${id}`,
  );
  if (ballot === undefined) throw new RepositoryError('NotFound', `there is no ballot ${id}`);
  return ballot;
}
