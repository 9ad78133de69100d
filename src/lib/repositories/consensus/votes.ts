import {
  bulkInsert,
  loadRelations,
  raw,
  RepositoryError,
  rowFragments,
  sql,
  type Executor,
  type NewRow,
  type Related,
} from '../base/index.js';
import { frameworkOf, type FrameworkName } from '../vocabulary.js';
import { voteAssessments, voteRelations, votes, type Vote } from './tables.js';
import { tallySchema, type Tally } from './types.js';
import type { BallotPhase } from './vocabulary.js';

/** What a framework of the voter says. */
export type NewAssessment = Omit<NewRow<typeof voteAssessments>, 'voteId' | 'framework'> & {
  readonly framework: FrameworkName;
};

/** A vote to be cast; a conditional one names its conditions. */
export type NewVote = NewRow<typeof votes> & { readonly assessments?: readonly NewAssessment[] };

export type VoteWithAssessments = Vote & Related<typeof voteRelations, 'assessments'>;

/** A vote that was taken, and the count of its ballot and phase with it. */
export interface CountedVote {
  readonly vote: Vote;
  readonly tally: Tally;
}

/**
 * Takes a vote with its assessments.
 * @throws RepositoryError VotingClosed, StaleBallot, Conflict for a second vote, Reference for who is no elector,
 * InactiveNode for a node that is quarantined.
 */
export async function castVote(
  executor: Executor,
  { assessments = [], ...values }: NewVote,
): Promise<CountedVote> {
  return executor.transaction(async (inner) => {
    const row = rowFragments(votes, values);
    const vote = await inner.first(
      { method: 'castVote', operation: 'insert', table: votes, row: votes.row },
      sql`insert into consensus.votes (${row.columns}) select ${row.values}
        where not exists (
          select from consensus.nodes n where n.id = ${values.nodeId} and n.status = 'quarantined')
        returning ${votes.select()}`,
    );
    if (vote === undefined)
      throw new RepositoryError('InactiveNode', `node ${values.nodeId} is quarantined and has no vote`);
    const rows = assessments.map(({ framework, ...assessment }) => ({
      ...assessment,
      framework: frameworkOf(framework),
      voteId: vote.id,
    }));
    await bulkInsert(inner, voteAssessments, { rows });
    const { proposalId, ballotId, phase } = vote;
    return { vote, tally: await readTally(inner, { proposalId, ballotId, phase }) };
  });
}

/** Whether a node has voted in this phase of a ballot. */
export async function hasVoted(
  executor: Executor,
  { ballotId, nodeId, phase }: Pick<Vote, 'ballotId' | 'nodeId' | 'phase'>,
): Promise<boolean> {
  const { found } = await executor.one<{ readonly found: boolean }>(
    { method: 'hasVoted', operation: 'select', table: votes },
    sql`select exists (select from consensus.votes
      where ballot_id = ${ballotId} and node_id = ${nodeId} and phase = ${phase}) as found`,
  );
  return found;
}

/** The votes of a proposal with their assessments, in the order they were cast; optionally of one ballot. */
export async function getVotes(
  executor: Executor,
  proposalId: string,
  ballotId?: string,
): Promise<VoteWithAssessments[]> {
  const cast = await executor.rows(
    { method: 'getVotes', operation: 'select', table: votes, row: votes.row },
    sql`select ${votes.select()} from consensus.votes where proposal_id = ${proposalId}
      ${ballotId === undefined ? raw('') : sql`and ballot_id = ${ballotId}`} order by cast_at, id`,
  );
  return loadRelations(executor, voteRelations, { rows: cast, names: ['assessments'] });
}

export interface TallyOptions {
  readonly proposalId: string;
  /** The current ballot unless given. */
  readonly ballotId?: string;
  /** Acceptances unless given. */
  readonly phase?: BallotPhase;
}

/** Counts a ballot. @throws RepositoryError NotFound. */
export async function readTally(
  executor: Executor,
  { proposalId, ballotId, phase = 'accept' }: TallyOptions,
): Promise<Tally> {
  const tally = await executor.first(
    { method: 'tally', operation: 'select', table: votes, row: tallySchema },
    sql`select t.votes::int, t.weight_for, t.weight_against, t.weight_abstained, t.weight_total, t.quorum, t.score,
        t.missing_frameworks::text[], t.outcome
      from consensus.tally(${proposalId}, ${ballotId ?? null}, ${phase}) t`,
  );
  if (tally === undefined) throw new RepositoryError('NotFound', `there is no proposal ${proposalId}`);
  return tally;
}
