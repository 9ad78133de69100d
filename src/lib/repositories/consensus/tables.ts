import {
  arrayOf,
  bigint,
  boolean,
  bytea,
  defineTable,
  float8,
  integer,
  json,
  jsonArray,
  jsonObject,
  label,
  numeric,
  smallint,
  standardColumns,
  text,
  timestamptz,
  toMany,
  toOne,
  uuid,
  type NewRow,
  type Row,
} from '../base/index.js';
import { requests } from '../verification/tables.js';
import { claimDomain, frameworkKind } from '../vocabulary.js';
import {
  approval,
  ballotPhase,
  logKind,
  nodeRole,
  nodeStatus,
  proposalStatus,
  proposalType,
  protocol,
} from './vocabulary.js';

/** The members of the network. */
export const nodes = defineTable('consensus.nodes', {
  id: uuid().withDefault().fixed(),
  nodeKey: text().fixed(),
  address: text(),
  role: label(nodeRole).withDefault(),
  status: label(nodeStatus).withDefault(),
  publicKey: text().nullable(),
  philosophicalWeights: jsonObject().withDefault(),
  domainExpertise: jsonObject().withDefault(),
  metadata: jsonObject().withDefault(),
  reputation: float8().withDefault(),
  failureScore: float8().withDefault(),
  lastBallot: bigint().managed(),
  appliedIndex: bigint().managed(),
  lastHeartbeatAt: timestamptz().nullable().managed(),
  ...standardColumns(),
});
export type Node = Row<typeof nodes>;
export type NewNode = NewRow<typeof nodes>;

/** How far one node trusts another, by framework; 0.5 is neutral. */
export const nodeTrust = defineTable(
  'consensus.node_trust',
  {
    trusterId: uuid().fixed(),
    trusteeId: uuid().fixed(),
    framework: label(frameworkKind).fixed(),
    score: float8().withDefault(),
    observations: integer().withDefault(),
    updatedAt: timestamptz().managed(),
  },
  { key: ['trusterId', 'trusteeId', 'framework'] },
);
export type NodeTrust = Row<typeof nodeTrust>;

/** What the network is asked to decide. */
export const proposals = defineTable(
  'consensus.proposals',
  {
    id: uuid().withDefault().fixed(),
    proposalKey: text().fixed(),
    proposalType: label(proposalType).fixed(),
    protocol: label(protocol).withDefault().fixed(),
    domain: label(claimDomain).nullable().fixed(),
    content: jsonObject().fixed(),
    metadata: jsonObject().withDefault(),
    priority: smallint().withDefault().sortable(),
    proposerId: uuid().fixed(),
    requiredFrameworks: arrayOf(label(frameworkKind)).withDefault().fixed(),
    quorumFraction: numeric().withDefault().fixed(),
    approvalThreshold: numeric().withDefault().fixed(),
    status: label(proposalStatus).managed(),
    currentBallotId: uuid().nullable().managed(),
    decidedBallotId: uuid().nullable().managed(),
    decisionScore: float8().nullable().managed(),
    decisionReason: text().nullable().managed(),
    expiresAt: timestamptz().fixed(),
    decidedAt: timestamptz().nullable().managed(),
    supersedesId: uuid().nullable().fixed(),
    verificationRequestId: uuid().nullable().fixed(),
    ...standardColumns(),
  },
  { order: [['createdAt', 'desc']] },
);
export type Proposal = Row<typeof proposals>;

/** Who may vote on a proposal, and with what weight. */
export const electors = defineTable(
  'consensus.electors',
  { proposalId: uuid().fixed(), nodeId: uuid().fixed(), weight: numeric().withDefault() },
  { key: ['proposalId', 'nodeId'] },
);
export type Elector = Row<typeof electors>;

/** Numbered attempts to have a value accepted. */
export const ballots = defineTable('consensus.ballots', {
  id: uuid().withDefault().fixed(),
  proposalId: uuid().fixed(),
  proposerId: uuid().fixed(),
  number: bigint().fixed().sortable(),
  phase: label(ballotPhase).managed(),
  value: json().fixed(),
  valueSha256: bytea().managed(),
  openedAt: timestamptz().managed(),
  acceptOpenedAt: timestamptz().nullable().managed(),
  supersededAt: timestamptz().nullable().managed(),
});
export type Ballot = Row<typeof ballots>;

/** One vote per node, ballot and phase, for ever. */
export const votes = defineTable('consensus.votes', {
  id: bigint().managed(),
  proposalId: uuid().fixed(),
  ballotId: uuid().fixed(),
  nodeId: uuid().fixed(),
  phase: label(ballotPhase).fixed(),
  decision: label(approval).fixed(),
  confidence: float8().withDefault().fixed(),
  reason: text().nullable().fixed(),
  conditions: jsonArray().withDefault().fixed(),
  signature: text().nullable().fixed(),
  castAt: timestamptz().managed(),
});
export type Vote = Row<typeof votes>;

/** What each framework of a voter said. */
export const voteAssessments = defineTable(
  'consensus.vote_assessments',
  {
    voteId: bigint().fixed(),
    framework: label(frameworkKind).fixed(),
    verdict: label(approval).fixed(),
    score: float8().nullable().fixed(),
    confidence: float8().withDefault().fixed(),
    reasoning: text().nullable().fixed(),
    evidence: jsonObject().withDefault().fixed(),
    expiresAt: timestamptz().nullable().fixed(),
  },
  { key: ['voteId', 'framework'] },
);
export type VoteAssessment = Row<typeof voteAssessments>;

/** The hash chain of everything decided: 1, 2, 3 .. without gaps. */
export const stateLog = defineTable(
  'consensus.state_log',
  {
    logIndex: bigint().managed(),
    term: bigint().withDefault().fixed(),
    kind: label(logKind).fixed(),
    proposalId: uuid().nullable().fixed(),
    payload: json().fixed(),
    recordedBy: text().withDefault().fixed(),
    recordedAt: timestamptz().managed(),
    prevHash: bytea().managed(),
    entryHash: bytea().managed(),
  },
  { key: ['logIndex'] },
);
export type StateLogEntry = Row<typeof stateLog>;

/** The end of the chain, in one row. */
export const logHead = defineTable(
  'consensus.log_head',
  { singleton: boolean().managed(), lastIndex: bigint().managed(), lastHash: bytea().managed() },
  { key: ['singleton'] },
);

/** What can be loaded along with a proposal. */
export const proposalRelations = {
  proposer: toOne(nodes, { from: 'proposerId', to: 'id' }),
  electors: toMany(electors, { to: 'proposalId' }),
  ballots: toMany(ballots, { to: 'proposalId', order: [['number', 'desc']] }),
  votes: toMany(votes, { to: 'proposalId' }),
  request: toOne(requests, { from: 'verificationRequestId', to: 'id' }),
};

/** What can be loaded along with a vote. */
export const voteRelations = { assessments: toMany(voteAssessments, { to: 'voteId' }) };
