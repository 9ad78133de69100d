import { raw, sql, type Executor } from '../base/index.js';
import { electors, proposals, voteAssessments } from './tables.js';
import {
  frameworkAgreementSchema,
  nodeVotingStatsSchema,
  proposalStatsSchema,
  type FrameworkAgreement,
  type NodeVotingStats,
  type ProposalStats,
} from './types.js';
import type { ProposalType } from './vocabulary.js';

/** The proposals made since then, by status. */
export async function proposalStats(
  executor: Executor,
  { since, type }: { readonly since: Date; readonly type?: ProposalType },
): Promise<ProposalStats[]> {
  return executor.rows(
    { method: 'proposalStats', operation: 'select', table: proposals, row: proposalStatsSchema },
    sql`select s.status, s.proposals, s.times[1] as "p50DurationMs", s.times[2] as "p95DurationMs"
      from (
        select p.status, count(*)::int as proposals, percentile_cont(array[0.5, 0.95]) within group (
          order by extract(epoch from p.decided_at - p.created_at)::float8 * 1000) as times
        from consensus.proposals p
        where p.created_at >= ${since} ${type === undefined ? raw('') : sql`and p.proposal_type = ${type}`}
        group by p.status
      ) s
      order by s.status`,
  );
}

/** How a node has voted on the closed proposals it was an elector of. */
export async function nodeVotingStats(executor: Executor, nodeId: string): Promise<NodeVotingStats> {
  return executor.one(
    { method: 'nodeVotingStats', operation: 'select', table: electors, row: nodeVotingStatsSchema },
    sql`select count(*)::int as proposals, count(v.id)::int as voted,
        count(*) filter (where v.decision = 'approve')::int as approved,
        count(*) filter (where v.decision = 'conditional')::int as conditional,
        count(*) filter (where v.decision = 'abstain')::int as abstained,
        count(*) filter (where v.decision = 'reject')::int as rejected,
        count(v.id)::float8 / nullif(count(*), 0) as participation_rate,
        (count(*) filter (where (v.decision = 'reject') <> (p.status = 'rejected') and v.decision <> 'abstain'
            and p.status in ('accepted', 'conditionally_accepted', 'rejected')))::float8
          / nullif(count(*) filter (where v.decision <> 'abstain'
            and p.status in ('accepted', 'conditionally_accepted', 'rejected')), 0) as dissent_rate,
        avg(v.confidence) as avg_confidence
      from consensus.electors e
        join consensus.proposals p on p.id = e.proposal_id
          and p.status in ('accepted', 'conditionally_accepted', 'rejected', 'timeout')
        left join consensus.votes v on v.ballot_id = p.current_ballot_id and v.node_id = e.node_id and v.phase = 'accept'
      where e.node_id = ${nodeId}`,
  );
}

/** What each framework says of a proposal through the acceptances of its current ballot. */
export async function frameworkAgreement(
  executor: Executor,
  proposalId: string,
): Promise<FrameworkAgreement[]> {
  return executor.rows(
    {
      method: 'frameworkAgreement',
      operation: 'select',
      table: voteAssessments,
      row: frameworkAgreementSchema,
    },
    sql`select a.framework, count(*)::int as assessments,
        count(*) filter (where a.verdict in ('approve', 'conditional'))::int as approving,
        count(*) filter (where a.verdict = 'reject')::int as rejecting,
        avg(a.score) as avg_score, stddev_pop(a.score) as score_stddev, avg(a.confidence) as avg_confidence
      from consensus.proposals p
        join consensus.votes v on v.ballot_id = p.current_ballot_id and v.phase = 'accept'
        join consensus.vote_assessments a on a.vote_id = v.id
      where p.id = ${proposalId}
      group by a.framework order by a.framework`,
  );
}
