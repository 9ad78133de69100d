import * as z from 'zod';

/** A framework's executions; durations in ms, null while none has ended. */
export const executionStatsSchema = z.object({
  executions: z.number(),
  queued: z.number(),
  running: z.number(),
  completed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  timeout: z.number(),
  retries: z.number(),
  /** Completed over completed, failed and timed out. */
  successRate: z.number().nullable(),
  avgDurationMs: z.number().nullable(),
  p50DurationMs: z.number().nullable(),
  p95DurationMs: z.number().nullable(),
});
export type ExecutionStats = z.infer<typeof executionStatsSchema>;

/** A metric of the executions that were recorded in a span of time. */
export const trendPointSchema = z.object({
  bucketStart: z.date(),
  executions: z.number(),
  avg: z.number(),
  min: z.number(),
  max: z.number(),
});
export type TrendPoint = z.infer<typeof trendPointSchema>;

/** The samples of a span of time. */
export const sampleBucketSchema = z.object({
  bucketStart: z.date(),
  samples: z.number(),
  avg: z.number(),
  min: z.number(),
  max: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
});
export type SampleBucket = z.infer<typeof sampleBucketSchema>;

/** A state that a checkpoint brought back, as a new version. */
export const restoredStateSchema = z.object({
  stateKey: z.string(),
  version: z.number(),
  restoredFrom: z.number(),
});
export type RestoredState = z.infer<typeof restoredStateSchema>;
