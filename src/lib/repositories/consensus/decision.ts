import { bindList, sql, type Executor, type Fragment } from '../base/index.js';
import { lockProposal } from './proposals.js';
import { proposals, type Proposal } from './tables.js';
import type { Tally } from './types.js';
import { readTally } from './votes.js';

/** A proposal and its count; it is decided when `proposal.decidedAt` is there. */
export interface Decision {
  readonly proposal: Proposal;
  readonly tally: Tally;
}

/**
 * Decides a proposal as soon as its votes allow it; until then it stays open, and a decision stays as it is.
 * @throws RepositoryError NotFound.
 */
export async function decide(executor: Executor, proposalId: string): Promise<Decision> {
  return executor.transaction(async (inner) => {
    // Held by a statement of its own: what is counted afterwards includes every vote that was on its way.
    const proposal = await lockProposal(inner, proposalId);
    const tally = await readTally(inner, { proposalId });
    if (proposal.status !== 'voting' || tally.outcome === null) return { proposal, tally };
    const decided = await inner.one(
      { method: 'decide', operation: 'update', table: proposals, row: proposals.row },
      sql`${closing([proposalId])} returning ${proposals.select('p')}`,
    );
    return { proposal: decided, tally };
  });
}

/**
 * Closes proposals past their expiry, the longest overdue first; returns how many. Those that are being voted on or
 * decided this moment are left to the next call.
 */
export async function expireOverdue(executor: Executor, limit: number): Promise<number> {
  const spec = { method: 'expireOverdue', operation: 'update', table: proposals } as const;
  return executor.transaction(async (inner) => {
    const overdue = await inner.rows<{ readonly id: string }>(
      { ...spec, operation: 'select' },
      sql`select id from consensus.proposals
        where status in ('pending', 'voting') and expires_at < clock_timestamp()
        order by expires_at limit ${limit}
        for no key update skip locked`,
    );
    return inner.run(spec, closing(overdue.map(({ id }) => id)));
  });
}

/** What a quorum has accepted is accepted, also when nobody asked for the decision before the expiry. */
function closing(ids: readonly string[]): Fragment {
  return sql`update consensus.proposals p
    set status = coalesce(t.outcome, 'timeout'),
        decided_ballot_id = case when t.outcome in ('accepted', 'conditionally_accepted') then p.current_ballot_id end,
        decision_score = t.score,
        decision_reason = case coalesce(t.outcome, 'timeout')
          when 'accepted' then format('%s of %s for it', t.weight_for, t.weight_total)
          when 'conditionally_accepted' then concat_ws(', ',
            case when t.score < p.approval_threshold then format('score %s is below %s', t.score, p.approval_threshold) end,
            case when t.missing_frameworks <> '{}' then 'not approved by ' || array_to_string(t.missing_frameworks, ' and ') end)
          when 'rejected' then format('%s of %s against it', t.weight_against, t.weight_total)
          else format('expired with %s of %s for it', t.weight_for, t.weight_total) end
    from unnest(${bindList(proposals.column('id').facts, ids)}) as closed(id)
      cross join lateral consensus.tally(closed.id) t
    where p.id = closed.id`;
}
