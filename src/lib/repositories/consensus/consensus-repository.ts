import type { Queryable } from '../../core/database.js';
import {
  BaseRepository,
  listRows,
  sql,
  type Filter,
  type Order,
  type Page,
  type PageOptions,
  type Related,
} from '../base/index.js';
import type { QueryHooks } from '../base/monitor.js';
import type { FrameworkKind } from '../vocabulary.js';
import * as ballot from './ballots.js';
import * as cluster from './cluster.js';
import * as decision from './decision.js';
import type { Electorate } from './electorate.js';
import * as log from './log.js';
import * as node from './nodes.js';
import * as proposal from './proposals.js';
import * as statistics from './statistics.js';
import {
  proposalRelations,
  proposals,
  type Ballot,
  type NewNode,
  type Node,
  type NodeTrust,
  type Proposal,
  type StateLogEntry,
  type Vote,
} from './tables.js';
import * as trust from './trust.js';
import type {
  ClusterHealth,
  FrameworkAgreement,
  LogCheck,
  NodeVotingStats,
  ProposalStats,
  ReplicationLag,
  Tally,
} from './types.js';
import type { LogKind, NodeRole, NodeStatus, ProposalType } from './vocabulary.js';
import * as vote from './votes.js';

type ProposalRelation = keyof typeof proposalRelations;
interface WithRelations<Names extends ProposalRelation> {
  readonly with?: readonly Names[];
}

/** The record that the nodes share: members and their trust, proposals, ballots and votes, the log of what was decided. */
export class ConsensusRepository extends BaseRepository<typeof proposals, typeof proposalRelations> {
  constructor(db: Queryable, hooks?: QueryHooks) {
    super(db, proposals, { relations: proposalRelations, hooks });
  }

  /** Adds a node, or renews what it says of itself; its status, failure score and ballots stay as they are. */
  async registerNode(newNode: NewNode): Promise<Node> {
    return node.registerNode(this.executor, newNode);
  }

  /** Notes that a node is alive and how unreliable it is, 0 to 1; false when there is no such node. */
  async heartbeat(
    nodeKey: string,
    { failureScore }: { readonly failureScore?: number } = {},
  ): Promise<boolean> {
    return node.heartbeat(this.executor, nodeKey, failureScore);
  }

  /** Sets the status of a node. @throws RepositoryError NotFound. */
  async setNodeStatus(id: string, status: NodeStatus): Promise<Node> {
    return node.setNodeStatus(this.executor, id, status);
  }

  /** Cuts a node off and says so in the state log; it has no vote then. @throws RepositoryError NotFound. */
  async quarantineNode(id: string, reason: string): Promise<Node> {
    return node.quarantineNode(this.executor, id, reason);
  }

  /** Marks active nodes as failed that were not heard of for so long; returns them. */
  async markStaleNodes({ olderThanMs }: { readonly olderThanMs: number }): Promise<Node[]> {
    return node.markStaleNodes(this.executor, olderThanMs);
  }

  /** The active nodes, optionally of one role, by key. */
  async getActiveNodes(role?: NodeRole): Promise<Node[]> {
    return node.getActiveNodes(this.executor, role);
  }

  /** The nodes at a glance; a heartbeat is recent for so long. */
  async clusterHealth({ recentMs }: { readonly recentMs: number }): Promise<ClusterHealth> {
    return cluster.clusterHealth(this.executor, recentMs);
  }

  /** Moves one node's trust in another by an observation. */
  async recordTrust(observation: trust.TrustObservation): Promise<NodeTrust> {
    return trust.recordTrust(this.executor, observation);
  }

  /** Who trusts whom and how far, optionally in one framework. */
  async trustMatrix(framework?: FrameworkKind): Promise<NodeTrust[]> {
    return trust.trustMatrix(this.executor, framework);
  }

  /** The mean trust in a node over its peers and frameworks, undefined while nobody knows it. */
  async meanTrust(trusteeId: string): Promise<number | undefined> {
    return trust.meanTrust(this.executor, trusteeId);
  }

  /** Makes a proposal with its electorate. @throws RepositoryError InactiveNode, NotFound, NoQuorum. */
  async createProposal(
    newProposal: proposal.NewProposal,
    electorate: Electorate = 'active',
  ): Promise<Proposal> {
    return proposal.createProposal(this.executor, newProposal, electorate);
  }

  /** Opens the next ballot of a proposal, the only one that takes votes from then on. @throws RepositoryError. */
  async openBallot(newBallot: ballot.NewBallot): Promise<Ballot> {
    return ballot.openBallot(this.executor, newBallot);
  }

  /** Lets a ballot take acceptances once a quorum has promised. @throws RepositoryError NoQuorum, StaleBallot, VotingClosed. */
  async beginAccept(ballotId: string): Promise<Ballot> {
    return ballot.beginAccept(this.executor, ballotId);
  }

  /** Takes a vote with its assessments. @throws RepositoryError VotingClosed, StaleBallot, Conflict, Reference, InactiveNode. */
  async castVote(newVote: vote.NewVote): Promise<vote.CountedVote> {
    return vote.castVote(this.executor, newVote);
  }

  /** Whether a node has voted in this phase of a ballot. */
  async hasVoted(of: Pick<Vote, 'ballotId' | 'nodeId' | 'phase'>): Promise<boolean> {
    return vote.hasVoted(this.executor, of);
  }

  /** The votes of a proposal with their assessments, in the order they were cast; optionally of one ballot. */
  async getVotes(
    proposalId: string,
    { ballotId }: { readonly ballotId?: string } = {},
  ): Promise<vote.VoteWithAssessments[]> {
    return vote.getVotes(this.executor, proposalId, ballotId);
  }

  /** Counts the acceptances of a proposal's current ballot, or another ballot or phase. @throws RepositoryError NotFound. */
  async tally(
    proposalId: string,
    options: Pick<vote.TallyOptions, 'ballotId' | 'phase'> = {},
  ): Promise<Tally> {
    return vote.readTally(this.executor, { ...options, proposalId });
  }

  /** Decides a proposal as soon as its votes allow it; a decision is final. @throws RepositoryError NotFound. */
  async decide(proposalId: string): Promise<decision.Decision> {
    return decision.decide(this.executor, proposalId);
  }

  /** Closes proposals past their expiry: as their votes allow, else as timed out; returns how many. */
  async expireOverdue(limit = 100): Promise<number> {
    return decision.expireOverdue(this.executor, limit);
  }

  /** Takes back an open proposal. @throws RepositoryError NotFound; IllegalTransition, Immutable once it is decided. */
  async withdraw(id: string, reason: string): Promise<Proposal> {
    return proposal.withdraw(this.executor, id, reason);
  }

  /** Puts a refined proposal in the place of another. @throws RepositoryError NotFound, Conflict, InactiveNode. */
  async supersede(id: string, refinement: proposal.Refinement): Promise<Proposal> {
    return proposal.supersede(this.executor, id, refinement);
  }

  /** A page of the open proposals, the most urgent first. */
  async getOpenProposals(page: PageOptions = {}): Promise<Page<Proposal>> {
    const listing = {
      method: 'getOpenProposals',
      table: proposals,
      condition: sql`r.status in ('pending', 'voting')`,
    };
    const order = [
      ['priority', 'asc'],
      ['createdAt', 'asc'],
    ] as const;
    return listRows(this.executor, listing, { ...page, order });
  }

  /** The proposal with this id. @throws RepositoryError NotFound. */
  async getProposal<Names extends ProposalRelation = never>(
    id: string,
    options: WithRelations<Names> = {},
  ): Promise<Proposal & Related<typeof proposalRelations, Names>> {
    return this.get(id, options);
  }

  /** The proposal with this key, undefined when there is none. */
  async findByKey<Names extends ProposalRelation = never>(
    proposalKey: string,
    options: WithRelations<Names> = {},
  ): Promise<(Proposal & Related<typeof proposalRelations, Names>) | undefined> {
    return this.findOne({ proposalKey }, options);
  }

  /** A page of proposals, the latest first unless ordered otherwise. */
  async listProposals(
    filter: Filter<Proposal> = {},
    page: PageOptions & { readonly order?: Order<Proposal> } = {},
  ): Promise<Page<Proposal>> {
    return this.list({ ...page, filter });
  }

  /** The proposals made since then, by status. */
  async proposalStats(options: {
    readonly since: Date;
    readonly type?: ProposalType;
  }): Promise<ProposalStats[]> {
    return statistics.proposalStats(this.executor, options);
  }

  /** How a node has voted on the closed proposals it was an elector of. */
  async nodeVotingStats(nodeId: string): Promise<NodeVotingStats> {
    return statistics.nodeVotingStats(this.executor, nodeId);
  }

  /** What each framework says of a proposal through the acceptances of its current ballot. */
  async frameworkAgreement(proposalId: string): Promise<FrameworkAgreement[]> {
    return statistics.frameworkAgreement(this.executor, proposalId);
  }

  /** Appends an entry to the state log. Decisions are entered by the database itself. */
  async appendState(state: log.NewState): Promise<StateLogEntry> {
    return log.appendState(this.executor, state);
  }

  /** The newest entry of the state log, optionally of one kind; undefined when there is none. */
  async latestState(kind?: LogKind): Promise<StateLogEntry | undefined> {
    return log.latestState(this.executor, kind);
  }

  /** The entries of the state log after this one, at most 1,000 (100 unless said). */
  async getLog(afterIndex: string | bigint, limit?: number): Promise<StateLogEntry[]> {
    return log.getLog(this.executor, afterIndex, limit);
  }

  /** Recomputes the hash chain of the state log, or a part of it. */
  async verifyLog(span: log.LogSpan = {}): Promise<LogCheck> {
    return log.verifyLog(this.executor, span);
  }

  /** Notes how far a node has applied the state log; it never goes back. @throws RepositoryError NotFound, BadValue. */
  async recordApplied(nodeId: string, logIndex: string | bigint): Promise<Node> {
    return cluster.recordApplied(this.executor, nodeId, logIndex);
  }

  /** How far each node is behind the state log, the slowest first. */
  async replicationLag(): Promise<ReplicationLag[]> {
    return cluster.replicationLag(this.executor);
  }
}
