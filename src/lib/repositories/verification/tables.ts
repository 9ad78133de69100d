import {
  bigint,
  boolean,
  bytea,
  defineTable,
  float8,
  integer,
  interval,
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
import { claimDomain, frameworkKind, philosophy, severity } from '../vocabulary.js';
import { actorKind, requestStatus, resultOutcome, riskLevel, verificationMode } from './vocabulary.js';

/** Claims to be verified, and the queue of those that wait. */
export const requests = defineTable(
  'verification.requests',
  {
    id: uuid().withDefault().fixed(),
    requestKey: text().fixed(),
    clientId: text().fixed(),
    mode: label(verificationMode).withDefault(),
    contentType: text().withDefault(),
    content: text().nullable().fixed(),
    contentSha256: bytea().managed(),
    domain: label(claimDomain).nullable(),
    context: jsonObject().withDefault(),
    sourceMetadata: jsonObject().withDefault(),
    priority: smallint().withDefault().sortable(),
    status: label(requestStatus).managed(),
    timeoutSeconds: integer().withDefault().fixed(),
    deadlineAt: timestamptz().withDefault(),
    attempts: smallint().managed(),
    maxAttempts: smallint().withDefault(),
    claimToken: uuid().nullable().managed(),
    claimedBy: text().nullable().managed(),
    claimExpiresAt: timestamptz().nullable().managed(),
    startedAt: timestamptz().nullable().managed(),
    finishedAt: timestamptz().nullable().managed(),
    failureReason: text().nullable().managed(),
    reverifiesId: uuid().nullable().fixed(),
    redactedAt: timestamptz().nullable().managed(),
    ...standardColumns(),
  },
  { order: [['createdAt', 'desc']] },
);
export type Request = Row<typeof requests>;

/** The frameworks a request asks for. */
export const requestFrameworks = defineTable(
  'verification.request_frameworks',
  {
    requestId: uuid().fixed(),
    framework: label(frameworkKind).fixed(),
    weight: numeric().withDefault(),
    required: boolean().withDefault(),
  },
  { key: ['requestId', 'framework'] },
);
export type RequestFramework = Row<typeof requestFrameworks>;

/** One framework's judgement of a request. */
export const results = defineTable(
  'verification.results',
  {
    id: uuid().withDefault().fixed(),
    requestId: uuid().fixed(),
    framework: label(frameworkKind).fixed().sortable(),
    outcome: label(resultOutcome),
    score: float8().nullable(),
    confidence: float8().withDefault(),
    confidenceLow: float8().nullable(),
    confidenceHigh: float8().nullable(),
    philosophy: label(philosophy).nullable(),
    reasoning: text().nullable(),
    findings: jsonArray().withDefault(),
    evidence: jsonArray().withDefault(),
    recommendations: jsonArray().withDefault(),
    uncertaintyFactors: jsonArray().withDefault(),
    executionTimeMs: integer(),
    error: text().nullable(),
    modelVersion: text().nullable(),
    createdAt: timestamptz().managed().sortable(),
  },
  { order: [['createdAt', 'desc']] },
);
export type Result = Row<typeof results>;
/** A judgement to record. `passed` and `failed` carry a score from 0 to 1, `error` an error text. */
export type NewResult = Omit<NewRow<typeof results>, 'id' | 'requestId'>;

/** The aggregate of a completed request's results. */
export const requestMetrics = defineTable(
  'verification.request_metrics',
  {
    requestId: uuid().fixed(),
    overallScore: float8().nullable(),
    minScore: float8().nullable(),
    maxScore: float8().nullable(),
    avgScore: float8().nullable(),
    scoreStddev: float8().nullable(),
    frameworksTotal: smallint(),
    frameworksPassed: smallint(),
    frameworksFailed: smallint(),
    frameworksErrored: smallint(),
    frameworksSkipped: smallint(),
    totalExecutionMs: bigint(),
    wallClockMs: bigint(),
    riskFactors: jsonArray().withDefault(),
    riskLevel: label(riskLevel).managed(),
    computedAt: timestamptz().withDefault().sortable(),
  },
  { key: ['requestId'], order: [['computedAt', 'desc']] },
);
export type RequestMetrics = Row<typeof requestMetrics>;

/** Results per framework and closed time bucket. */
export const metricRollups = defineTable(
  'verification.metric_rollups',
  {
    bucketStart: timestamptz().fixed(),
    bucketWidth: interval().fixed(),
    framework: label(frameworkKind).fixed(),
    results: bigint(),
    passed: bigint(),
    errored: bigint(),
    scoreSum: float8(),
    timeP50Ms: float8().nullable(),
    timeP95Ms: float8().nullable(),
    timeP99Ms: float8().nullable(),
  },
  { key: ['bucketWidth', 'framework', 'bucketStart'] },
);

/** Who did what to which request; append-only. */
export const auditLog = defineTable(
  'verification.audit_log',
  {
    auditId: bigint().managed(),
    occurredAt: timestamptz().withDefault().fixed().sortable(),
    event: text().fixed(),
    severity: label(severity).withDefault().fixed(),
    actorKind: label(actorKind).withDefault().fixed(),
    actor: text().withDefault().fixed(),
    requestId: uuid().nullable().fixed(),
    requestKey: text().nullable().fixed(),
    clientId: text().nullable().fixed(),
    data: jsonObject().withDefault().fixed(),
    traceId: text().nullable().fixed(),
  },
  { key: ['occurredAt', 'auditId'], order: [['occurredAt', 'desc']] },
);
export type AuditEntry = Row<typeof auditLog>;
export type NewAuditEntry = NewRow<typeof auditLog>;

/** What can be loaded along with a request. */
export const requestRelations = {
  frameworks: toMany(requestFrameworks, { to: 'requestId' }),
  results: toMany(results, { to: 'requestId', order: [['framework', 'asc']] }),
  metrics: toOne(requestMetrics, { from: 'id', to: 'requestId' }),
  audit: toMany(auditLog, { to: 'requestId', order: [['occurredAt', 'asc']] }),
};

/** What can be loaded along with a request's metrics. */
export const metricsRelations = { request: toOne(requests, { from: 'requestId', to: 'id' }) };
