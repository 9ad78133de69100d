import * as z from 'zod';
import { frameworkKind } from '../vocabulary.js';
import { riskLevel } from './vocabulary.js';

/** How many completed requests have a risk level. */
export const riskCountSchema = z.object({ riskLevel: riskLevel.schema, requests: z.number() });
export type RiskCount = z.infer<typeof riskCountSchema>;

/** A client's requests; durations in ms from first claim to end, null while none has ended. */
export const clientStatisticsSchema = z.object({
  requests: z.number(),
  pending: z.number(),
  inProgress: z.number(),
  completed: z.number(),
  failed: z.number(),
  timeout: z.number(),
  cancelled: z.number(),
  avgDurationMs: z.number().nullable(),
  p95DurationMs: z.number().nullable(),
  avgScore: z.number().nullable(),
});
export type ClientStatistics = z.infer<typeof clientStatisticsSchema>;

/** How a framework has judged; `passRate` and `avgScore` are over its judgements, without errors. */
export const frameworkPerformanceSchema = z.object({
  results: z.number(),
  passed: z.number(),
  failed: z.number(),
  errored: z.number(),
  skipped: z.number(),
  passRate: z.number().nullable(),
  avgScore: z.number().nullable(),
  avgConfidence: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
});
export type FrameworkPerformance = z.infer<typeof frameworkPerformanceSchema>;

/** A kind of finding that recurs among low scores. */
export const failingPatternSchema = z.object({
  framework: frameworkKind.schema,
  /** The `kind` of the findings, `unspecified` where they have none. */
  kind: z.string(),
  occurrences: z.number(),
  avgScore: z.number(),
});
export type FailingPattern = z.infer<typeof failingPatternSchema>;

/** Results of a span of time; `framework` is null when they are not grouped by it. */
export const metricBucketSchema = z.object({
  bucketStart: z.date(),
  framework: frameworkKind.schema.nullable(),
  results: z.number(),
  passed: z.number(),
  failed: z.number(),
  errored: z.number(),
  skipped: z.number(),
  avgScore: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type MetricBucket = z.infer<typeof metricBucketSchema>;
