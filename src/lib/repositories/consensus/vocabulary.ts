import { vocabulary, type LabelOf } from '../base/index.js';

/** Proposers and acceptors vote; learners and observers only follow. */
export const nodeRole = vocabulary('consensus.node_role', ['proposer', 'acceptor', 'learner', 'observer']);
export type NodeRole = LabelOf<typeof nodeRole>;

/** `partitioned`: cut off by the network; `quarantined`: cut off by us. */
export const nodeStatus = vocabulary('consensus.node_status', [
  'active',
  'inactive',
  'failed',
  'syncing',
  'partitioned',
  'quarantined',
]);
export type NodeStatus = LabelOf<typeof nodeStatus>;

/** How a proposal is agreed upon; a raft term is stored as the ballot number. */
export const protocol = vocabulary('consensus.protocol', ['paxos', 'raft', 'pbft']);
export type Protocol = LabelOf<typeof protocol>;

/** What is being decided. */
export const proposalType = vocabulary('consensus.proposal_type', [
  'claim_validation',
  'model_update',
  'policy_change',
  'ethical_guideline',
  'framework_weight_update',
  'system_configuration',
  'emergency_override',
]);
export type ProposalType = LabelOf<typeof proposalType>;

/** A vote; `conditional` counts for the quorum and 0.7 for the score, `abstain` for neither. */
export const approval = vocabulary('consensus.approval', ['approve', 'conditional', 'abstain', 'reject']);
export type Approval = LabelOf<typeof approval>;

/** pending -> voting -> accepted | conditionally_accepted | rejected; timeout and withdrawn from both open states. */
export const proposalStatus = vocabulary('consensus.proposal_status', [
  'pending',
  'accepted',
  'rejected',
  'timeout',
  'voting',
  'conditionally_accepted',
  'withdrawn',
]);
export type ProposalStatus = LabelOf<typeof proposalStatus>;

/** `prepare` gathers promises, `accept` gathers acceptances. */
export const ballotPhase = vocabulary('consensus.ballot_phase', ['prepare', 'accept']);
export type BallotPhase = LabelOf<typeof ballotPhase>;

/** What an entry of the state log records. */
export const logKind = vocabulary('consensus.log_kind', [
  'proposal_decided',
  'membership_changed',
  'trust_updated',
  'config_changed',
  'snapshot',
]);
export type LogKind = LabelOf<typeof logKind>;
