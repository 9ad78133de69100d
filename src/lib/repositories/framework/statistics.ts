import {
  bulkInsert,
  milliseconds,
  raw,
  RepositoryError,
  sql,
  type Executor,
  type RowSource,
} from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { executionMetrics, executions, metricSamples, type NewSample } from './tables.js';
import {
  executionStatsSchema,
  sampleBucketSchema,
  trendPointSchema,
  type ExecutionStats,
  type SampleBucket,
  type TrendPoint,
} from './types.js';

/** A span of time cut into buckets, which begin at multiples of their width from 2000-01-01 UTC. */
export interface Span {
  readonly from: Date;
  /** Excluded. */
  readonly to: Date;
  readonly bucketMs: number;
}

const TREND_METRICS = [
  'accuracy',
  'precision',
  'recall',
  'f1Score',
  'latencyP50Ms',
  'latencyP95Ms',
  'latencyP99Ms',
  'throughputPerS',
  'tokensProcessed',
  'costEstimate',
] as const;
/** A metric of executions that has a trend. */
export type TrendMetric = (typeof TREND_METRICS)[number];

const ORIGIN = raw("'2000-01-01T00:00:00Z'::timestamptz");

/** What became of a framework's executions since then. */
export async function executionStats(
  executor: Executor,
  framework: FrameworkKind,
  since: Date,
): Promise<ExecutionStats> {
  return executor.one(
    { method: 'executionStats', operation: 'select', table: executions, row: executionStatsSchema },
    sql`select count(*)::int as executions,
        count(*) filter (where e.status = 'queued')::int as queued,
        count(*) filter (where e.status = 'running')::int as running,
        count(*) filter (where e.status = 'completed')::int as completed,
        count(*) filter (where e.status = 'failed')::int as failed,
        count(*) filter (where e.status = 'cancelled')::int as cancelled,
        count(*) filter (where e.status = 'timeout')::int as timeout,
        count(*) filter (where e.retry_of_id is not null)::int as retries,
        count(*) filter (where e.status = 'completed')
          / nullif(count(*) filter (where e.status in ('completed', 'failed', 'timeout')), 0)::float8 as success_rate,
        avg(e.duration_ms)::float8 as avg_duration_ms,
        percentile_cont(0.5) within group (order by e.duration_ms) as "p50DurationMs",
        percentile_cont(0.95) within group (order by e.duration_ms) as "p95DurationMs"
      from framework.executions e
      where e.framework = ${framework} and e.created_at >= ${since}`,
  );
}

/** A metric of a framework's executions over time; buckets without one are left out. */
export async function performanceTrend(
  executor: Executor,
  { framework, metric }: { readonly framework: FrameworkKind; readonly metric: TrendMetric },
  { from, to, bucketMs }: Span,
): Promise<TrendPoint[]> {
  if (!TREND_METRICS.includes(metric))
    throw new RepositoryError('BadValue', `there is no trend of ${metric as string}`);
  const value = sql`${executionMetrics.reference(metric, 'm')}::float8`;
  return executor.rows(
    { method: 'performanceTrend', operation: 'select', table: executionMetrics, row: trendPointSchema },
    sql`select date_bin(${milliseconds(bucketMs)}, e.created_at, ${ORIGIN}) as bucket_start,
        count(*)::int as executions, avg(${value}) as avg, min(${value}) as min, max(${value}) as max
      from framework.executions e join framework.execution_metrics m on m.execution_id = e.id
      where e.framework = ${framework} and e.created_at >= ${from} and e.created_at < ${to} and ${value} is not null
      group by 1 order by 1`,
  );
}

/** Stores samples of metrics, any number of them; returns how many. */
export async function recordSamples(executor: Executor, samples: RowSource<NewSample>): Promise<number> {
  return bulkInsert(executor, metricSamples, { rows: samples });
}

/** The samples of one metric over time; buckets without samples are left out. */
export async function aggregateSamples(
  executor: Executor,
  { framework, metric }: { readonly framework: FrameworkKind; readonly metric: string },
  { from, to, bucketMs }: Span,
): Promise<SampleBucket[]> {
  return executor.rows(
    { method: 'aggregateSamples', operation: 'select', table: metricSamples, row: sampleBucketSchema },
    sql`select bucket_start, samples::int, avg, min, max, ranks[1] as p50, ranks[2] as p95, ranks[3] as p99
      from (
        select date_bin(${milliseconds(bucketMs)}, s.sampled_at, ${ORIGIN}) as bucket_start,
          count(*) as samples, avg(s.value) as avg, min(s.value) as min, max(s.value) as max,
          percentile_cont(array[0.5, 0.95, 0.99]) within group (order by s.value) as ranks
        from framework.metric_samples s
        where s.framework = ${framework} and s.metric = ${metric} and s.sampled_at >= ${from} and s.sampled_at < ${to}
        group by 1) b
      order by bucket_start`,
  );
}
