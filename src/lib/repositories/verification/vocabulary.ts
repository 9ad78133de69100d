import { vocabulary, type LabelOf } from '../base/index.js';

/** pending -> in_progress -> completed | failed | timeout | cancelled, or back to pending. */
export const requestStatus = vocabulary('verification.request_status', [
  'pending',
  'in_progress',
  'completed',
  'failed',
  'timeout',
  'cancelled',
]);
export type RequestStatus = LabelOf<typeof requestStatus>;

/** Judged by one node, by the network, or by both. */
export const verificationMode = vocabulary('verification.mode', ['individual', 'consensus', 'hybrid']);
export type VerificationMode = LabelOf<typeof verificationMode>;

/** `error` is a technical failure and carries no score. */
export const resultOutcome = vocabulary('verification.result_outcome', [
  'passed',
  'failed',
  'error',
  'skipped',
]);
export type ResultOutcome = LabelOf<typeof resultOutcome>;

/** Derived from the overall score: below 0.3 or unknown critical, below 0.5 high, below 0.7 medium, else low. */
export const riskLevel = vocabulary('verification.risk_level', ['low', 'medium', 'high', 'critical']);
export type RiskLevel = LabelOf<typeof riskLevel>;

/** What kind of actor an audit row names. */
export const actorKind = vocabulary('verification.actor_kind', [
  'system',
  'user',
  'operator',
  'framework',
  'node',
]);
export type ActorKind = LabelOf<typeof actorKind>;
