export { ConsensusRepository } from './consensus-repository.js';
export type { NewBallot } from './ballots.js';
export type { Decision } from './decision.js';
export type { ElectorChoice, Electorate, TrustModel } from './electorate.js';
export type { LogSpan, NewState } from './log.js';
export type { NewProposal, Refinement } from './proposals.js';
export type { TrustObservation } from './trust.js';
export type { CountedVote, NewAssessment, NewVote, TallyOptions, VoteWithAssessments } from './votes.js';
export type {
  Ballot,
  Elector,
  NewNode as NewConsensusNode,
  Node as ConsensusNode,
  NodeTrust,
  Proposal,
  StateLogEntry,
  Vote,
  VoteAssessment,
} from './tables.js';
export type * from './types.js';
export type * from './vocabulary.js';
