import { insertOne, RepositoryError, sql, type Executor, type NewRow } from '../base/index.js';
import { frameworkOf, type FrameworkName } from '../vocabulary.js';
import { addElectors, copyElectors, type Electorate } from './electorate.js';
import { requireProposer } from './nodes.js';
import { refinedKey, rulesFor } from './rules.js';
import { proposals, type Proposal } from './tables.js';

/** A proposal to be made. Quorum and threshold follow from its type, domain and priority unless they are given. */
export type NewProposal = Omit<NewRow<typeof proposals>, 'requiredFrameworks' | 'supersedesId'> & {
  readonly requiredFrameworks?: readonly FrameworkName[];
};

/** What a refinement changes. The rest is as in the original, its electors too unless others are given. */
export type Refinement = Partial<NewProposal> &
  Pick<NewProposal, 'content' | 'expiresAt'> & { readonly electorate?: Electorate };

/** Makes a proposal with its electorate. @throws RepositoryError InactiveNode, NotFound, NoQuorum. */
export async function createProposal(
  executor: Executor,
  proposal: NewProposal,
  electorate: Electorate,
): Promise<Proposal> {
  return executor.transaction(async (inner) => {
    await requireProposer(inner, proposal.proposerId);
    const created = await insertProposal(inner, { ...rulesFor(proposal), ...proposal });
    await addElectors(inner, created, electorate);
    return created;
  });
}

/** Takes back an open proposal. @throws RepositoryError NotFound; IllegalTransition, Immutable once it is decided. */
export async function withdraw(executor: Executor, id: string, reason: string): Promise<Proposal> {
  const withdrawn = await executor.first(
    { method: 'withdraw', operation: 'update', table: proposals, row: proposals.row },
    sql`update consensus.proposals set status = 'withdrawn', decision_reason = ${reason}
      where id = ${id} returning ${proposals.select()}`,
  );
  return withdrawn ?? refuseUnknown(id);
}

/**
 * Puts a refined proposal in the place of another, which is withdrawn if it is still open.
 * @throws RepositoryError NotFound, InactiveNode; Conflict when it is superseded already.
 */
export async function supersede(
  executor: Executor,
  id: string,
  { electorate, ...refinement }: Refinement,
): Promise<Proposal> {
  return executor.transaction(async (inner) => {
    const original = await lockProposal(inner, id);
    const successor = { ...inherited(original), ...refinement };
    await requireProposer(inner, successor.proposerId);
    if (original.status === 'pending' || original.status === 'voting')
      await withdraw(inner, id, `superseded by ${successor.proposalKey}`);
    const created = await insertProposal(inner, { ...successor, supersedesId: id });
    if (electorate === undefined) await copyElectors(inner, original, created);
    else await addElectors(inner, created, electorate);
    return created;
  });
}

/** The proposal as it is now, held until the transaction ends: no vote is on its way then. @throws RepositoryError NotFound. */
export async function lockProposal(executor: Executor, id: string): Promise<Proposal> {
  const proposal = await executor.first(
    { method: 'lockProposal', operation: 'select', table: proposals, row: proposals.row },
    sql`select ${proposals.select()} from consensus.proposals where id = ${id} for no key update`,
  );
  return proposal ?? refuseUnknown(id);
}

function insertProposal(
  executor: Executor,
  { requiredFrameworks = [], ...row }: NewProposal & { readonly supersedesId?: string },
): Promise<Proposal> {
  const values = { ...row, requiredFrameworks: requiredFrameworks.map(frameworkOf) };
  return executor.one(
    { method: 'createProposal', operation: 'insert', table: proposals, row: proposals.row },
    sql`${insertOne(proposals, values)} returning ${proposals.select()}`,
  );
}

function inherited(original: Proposal): Omit<NewProposal, 'content' | 'expiresAt'> {
  const { proposalKey, proposalType, protocol, domain, metadata, priority, proposerId } = original;
  const { requiredFrameworks, quorumFraction, approvalThreshold, verificationRequestId } = original;
  return {
    ...{ proposalType, protocol, domain, metadata, priority, proposerId },
    ...{ requiredFrameworks, quorumFraction, approvalThreshold, verificationRequestId },
    proposalKey: refinedKey(proposalKey),
  };
}

function refuseUnknown(id: string): never {
  throw new RepositoryError('NotFound', `there is no proposal ${id}`);
}
