import * as z from 'zod';
import { frameworkKind } from '../vocabulary.js';
import { nodeStatus, proposalStatus } from './vocabulary.js';

/** The nodes at a glance; `hasMajority`: more than half of them are active. */
export const clusterHealthSchema = z.object({
  nodes: z.number(),
  active: z.number(),
  inactive: z.number(),
  failed: z.number(),
  syncing: z.number(),
  partitioned: z.number(),
  quarantined: z.number(),
  /** Active nodes that were heard of lately. */
  recentHeartbeats: z.number(),
  avgFailureScore: z.number().nullable(),
  hasMajority: z.boolean(),
  /** The newest entry of the state log; 0 while it is empty. */
  lastIndex: z.string(),
  /** Entries that the slowest active node has yet to apply. */
  lag: z.number(),
});
export type ClusterHealth = z.infer<typeof clusterHealthSchema>;

/** How far a node is behind the state log, in entries. */
export const replicationLagSchema = z.object({
  nodeId: z.string(),
  nodeKey: z.string(),
  status: nodeStatus.schema,
  appliedIndex: z.string(),
  lag: z.number(),
});
export type ReplicationLag = z.infer<typeof replicationLagSchema>;

/** The count of a ballot. Weights are exact decimals; `score` is null when all who voted abstained. */
export const tallySchema = z.object({
  votes: z.number(),
  weightFor: z.string(),
  weightAgainst: z.string(),
  weightAbstained: z.string(),
  weightTotal: z.string(),
  /** The weight that must be for it. */
  quorum: z.string(),
  score: z.number().nullable(),
  missingFrameworks: z.array(frameworkKind.schema),
  /** The decision that the votes allow, null while it is open. */
  outcome: proposalStatus.schema.nullable(),
});
export type Tally = z.infer<typeof tallySchema>;

/** The proposals of a status; durations in ms from creation to decision, null while none is decided. */
export const proposalStatsSchema = z.object({
  status: proposalStatus.schema,
  proposals: z.number(),
  p50DurationMs: z.number().nullable(),
  p95DurationMs: z.number().nullable(),
});
export type ProposalStats = z.infer<typeof proposalStatsSchema>;

/** How a node has voted on the proposals it was an elector of and that are closed, in their last ballot. */
export const nodeVotingStatsSchema = z.object({
  proposals: z.number(),
  voted: z.number(),
  approved: z.number(),
  conditional: z.number(),
  abstained: z.number(),
  rejected: z.number(),
  /** Voted over asked. */
  participationRate: z.number().nullable(),
  /** Its votes that went against the decision over those for or against an accepted or rejected proposal. */
  dissentRate: z.number().nullable(),
  avgConfidence: z.number().nullable(),
});
export type NodeVotingStats = z.infer<typeof nodeVotingStatsSchema>;

/** What a framework said of a proposal through the voters of its current ballot. */
export const frameworkAgreementSchema = z.object({
  framework: frameworkKind.schema,
  assessments: z.number(),
  approving: z.number(),
  rejecting: z.number(),
  avgScore: z.number().nullable(),
  scoreStddev: z.number().nullable(),
  avgConfidence: z.number(),
});
export type FrameworkAgreement = z.infer<typeof frameworkAgreementSchema>;

/** Whether the state log is as it was written; else the first entry that was changed, moved or is missing. */
export const logCheckSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), entries: z.number() }),
  z.object({ ok: z.literal(false), entries: z.number(), firstBadIndex: z.string() }),
]);
export type LogCheck = z.infer<typeof logCheckSchema>;
