export { VerificationRepository } from './verification-repository.js';
export type { FrameworkChoice, NewRequest as NewVerificationRequest } from './intake.js';
export type { ClaimedRequest, ClaimOptions } from './queue.js';
export type { FailingPatternOptions, HighRiskOptions, MetricsWithRequest } from './statistics.js';
export type { AggregateOptions, BucketOptions } from './metrics.js';
export type { AuditSearch } from './audit.js';
export type {
  AuditEntry,
  NewAuditEntry,
  NewResult as NewVerificationResult,
  Request as VerificationRequest,
  RequestFramework,
  RequestMetrics,
  Result as VerificationResult,
} from './tables.js';
export type * from './types.js';
export type * from './vocabulary.js';
