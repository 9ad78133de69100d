import type {
  Ballot,
  ConsensusNode,
  ConsensusRepository,
  NewConsensusNode,
  NewProposal,
  NewVote,
  Proposal,
} from '../../../../src/lib/repositories/index.js';
import type { Sql } from '../../../../src/lib/core/database.js';

let made = 0;

/** A node nobody has registered before; active, and so a voter. */
export async function activeNode(
  repository: ConsensusRepository,
  values: Partial<NewConsensusNode> = {},
): Promise<ConsensusNode> {
  made++;
  return repository.registerNode({
    nodeKey: `node-${made}`,
    address: `node-${made}.example:7000`,
    role: 'proposer',
    status: 'active',
    ...values,
  });
}

export async function activeNodes(repository: ConsensusRepository, count: number): Promise<ConsensusNode[]> {
  return Promise.all(Array.from({ length: count }, () => activeNode(repository)));
}

/** A proposal nobody has made before, by the first of the nodes, on which they all vote. */
export async function newProposal(
  repository: ConsensusRepository,
  nodes: readonly ConsensusNode[],
  values: Partial<NewProposal> = {},
): Promise<Proposal> {
  made++;
  return repository.createProposal(
    {
      proposalKey: `proposal-${made}`,
      proposalType: 'claim_validation',
      content: { claim: `claim ${made}` },
      proposerId: first(nodes).id,
      expiresAt: new Date(Date.now() + 3_600_000),
      ...values,
    },
    nodes.map(({ id }) => ({ nodeId: id })),
  );
}

/** A proposal whose ballot takes acceptances: every node has promised. */
export async function acceptingProposal(
  repository: ConsensusRepository,
  nodes: readonly ConsensusNode[],
  values: Partial<NewProposal> = {},
): Promise<{ readonly proposal: Proposal; readonly ballot: Ballot }> {
  const proposal = await newProposal(repository, nodes, values);
  const opened = await repository.openBallot({
    proposalId: proposal.id,
    proposerId: proposal.proposerId,
    value: { accept: true },
  });
  await Promise.all(nodes.map(({ id }) => repository.castVote(voteOn(opened, id, { phase: 'prepare' }))));
  return { proposal, ballot: await repository.beginAccept(opened.id) };
}

/** An approval, unless said otherwise. */
export function voteOn(ballot: Ballot, nodeId: string, values: Partial<NewVote> = {}): NewVote {
  return {
    proposalId: ballot.proposalId,
    ballotId: ballot.id,
    nodeId,
    phase: 'accept',
    decision: 'approve',
    ...values,
  };
}

/** Lets the time of a proposal run out without waiting. */
export async function expire(sql: Sql, id: string): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`alter table consensus.proposals disable trigger user`;
    await transaction`update consensus.proposals
      set created_at = created_at - interval '2 h', expires_at = now() - interval '1 s' where id = ${id}`;
    await transaction`alter table consensus.proposals enable trigger user`;
  });
}

/** Takes back what is being voted on and removes all proposals and nodes; the state log stays. */
export async function clearNetwork(sql: Sql): Promise<void> {
  await sql`update consensus.proposals set status = 'withdrawn' where status in ('pending', 'voting')`;
  await sql`delete from consensus.proposals`;
  await sql`delete from consensus.nodes`;
}

/** The invariants that the database finds broken. */
export async function violations(sql: Sql): Promise<readonly string[]> {
  const broken = await sql<{ check_name: string }[]>`select check_name from bk.verify() where violations > 0`;
  return broken.map(({ check_name }) => check_name);
}

export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('the list is empty');
  return item;
}
