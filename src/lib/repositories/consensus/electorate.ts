import {
  bulkInsert,
  raw,
  RepositoryError,
  sql,
  type Executor,
  type Fragment,
  type NewRow,
} from '../base/index.js';
import { electors, type Proposal } from './tables.js';

/** A node that may vote, and its weight (1). */
export type ElectorChoice = Omit<NewRow<typeof electors>, 'proposalId'>;

/** How active nodes weigh: all the same, by their reputation, or by their expertise in the proposal's domain. */
export type TrustModel = 'uniform' | 'reputation_based' | 'domain_expertise';

/** Who votes: the active proposers and acceptors (by a trust model), or the nodes that are named. */
export type Electorate = 'active' | { readonly trustModel: TrustModel } | readonly ElectorChoice[];

/** Who has no expertise in a domain, or no number for it, weighs 0.5 there. */
const WEIGHTS: Readonly<Record<TrustModel, Fragment>> = {
  uniform: raw('1::numeric'),
  reputation_based: raw('round(n.reputation::numeric, 6)'),
  domain_expertise: raw(`case jsonb_typeof(n.domain_expertise -> p.domain::text)
    when 'number' then round((n.domain_expertise ->> p.domain::text)::numeric, 6) else 0.5 end`),
};

const spec = { method: 'addElectors', operation: 'insert', table: electors } as const;

/** Enters who may vote on a pending proposal. @throws RepositoryError NoQuorum when that is nobody. */
export async function addElectors(
  executor: Executor,
  proposal: Proposal,
  electorate: Electorate,
): Promise<void> {
  const entered =
    typeof electorate === 'object' && !('trustModel' in electorate)
      ? await bulkInsert(executor, electors, { rows: electorRows(proposal.id, electorate) })
      : await addActiveNodes(
          executor,
          proposal.id,
          electorate === 'active' ? 'uniform' : electorate.trustModel,
        );
  if (entered === 0) refuseNobody(proposal.proposalKey);
}

/** Gives a proposal the electors of another. @throws RepositoryError NoQuorum when it has none. */
export async function copyElectors(executor: Executor, from: Proposal, to: Proposal): Promise<void> {
  const entered = await executor.run(
    spec,
    sql`insert into consensus.electors (proposal_id, node_id, weight)
      select ${to.id}, node_id, weight from consensus.electors where proposal_id = ${from.id}`,
  );
  if (entered === 0) refuseNobody(to.proposalKey);
}

/** Nodes that weigh nothing have no vote. */
async function addActiveNodes(executor: Executor, proposalId: string, model: TrustModel): Promise<number> {
  return executor.run(
    spec,
    sql`insert into consensus.electors (proposal_id, node_id, weight)
      select w.proposal_id, w.node_id, w.weight
      from (
        select p.id as proposal_id, n.id as node_id, ${WEIGHTS[model]} as weight
        from consensus.proposals p cross join consensus.nodes n
        where p.id = ${proposalId} and n.status = 'active' and n.role in ('proposer', 'acceptor')
      ) w
      where w.weight > 0`,
  );
}

function electorRows(proposalId: string, choices: readonly ElectorChoice[]): NewRow<typeof electors>[] {
  return choices.map((choice) => ({ ...choice, proposalId }));
}

function refuseNobody(proposalKey: string): never {
  throw new RepositoryError('NoQuorum', `nobody may vote on proposal ${proposalKey}`, {
    hint: 'Activate nodes that are proposers or acceptors, or name the electors.',
  });
}
