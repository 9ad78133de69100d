import { milliseconds, raw, sql, type Executor, type Fragment } from '../base/index.js';
import { metricRollups, results } from './tables.js';
import { metricBucketSchema, type MetricBucket } from './types.js';

/** A span of time cut into buckets, which begin at multiples of their width from 2000-01-01 UTC. */
export interface BucketOptions {
  readonly from: Date;
  /** Excluded. */
  readonly to: Date;
  readonly bucketMs: number;
}

export interface AggregateOptions extends BucketOptions {
  /** One bucket per framework instead of one for all. */
  readonly groupBy?: 'framework';
}

/** Results per bucket of time; buckets without results are left out. */
export async function aggregateMetrics(
  executor: Executor,
  { groupBy, ...span }: AggregateOptions,
): Promise<MetricBucket[]> {
  return executor.rows(
    { method: 'aggregateMetrics', operation: 'select', table: results, row: metricBucketSchema },
    sql`select bucket_start, framework, results::int, passed::int, failed::int, errored::int, skipped::int,
        avg_score, times[1] as "p50Ms", times[2] as "p95Ms", times[3] as "p99Ms"
      from (${bucketed(span, groupBy === 'framework' ? raw('x.framework') : raw('null::bk.framework_kind'))}) b
      order by bucket_start, framework`,
  );
}

/**
 * Stores the buckets of a span of time that are over, one per framework; returns how many changed.
 * Running it again corrects what has changed since and nothing else.
 */
export async function rollupMetrics(executor: Executor, span: BucketOptions): Promise<number> {
  const width = milliseconds(span.bucketMs);
  return executor.run(
    { method: 'rollupMetrics', operation: 'insert', table: metricRollups },
    sql`insert into verification.metric_rollups as m (bucket_start, bucket_width, framework, results, passed, errored,
        score_sum, time_p50_ms, time_p95_ms, time_p99_ms)
      select bucket_start, ${width}, framework, results, passed, errored, score_sum, times[1], times[2], times[3]
      from (${bucketed(span, raw('x.framework'))}) b
      where bucket_start >= ${span.from} and bucket_start + ${width} <= least(${span.to}, clock_timestamp())
      on conflict (bucket_width, framework, bucket_start) do update
      set results = excluded.results, passed = excluded.passed, errored = excluded.errored,
          score_sum = excluded.score_sum, time_p50_ms = excluded.time_p50_ms, time_p95_ms = excluded.time_p95_ms,
          time_p99_ms = excluded.time_p99_ms
      where (m.results, m.passed, m.errored, m.score_sum, m.time_p50_ms, m.time_p95_ms, m.time_p99_ms)
        is distinct from (excluded.results, excluded.passed, excluded.errored, excluded.score_sum,
          excluded.time_p50_ms, excluded.time_p95_ms, excluded.time_p99_ms)`,
  );
}

function bucketed({ from, to, bucketMs }: BucketOptions, framework: Fragment): Fragment {
  return sql`select date_bin(${milliseconds(bucketMs)}, x.created_at, '2000-01-01T00:00:00Z'::timestamptz) as bucket_start,
      ${framework} as framework, count(*) as results,
      count(*) filter (where x.outcome = 'passed') as passed,
      count(*) filter (where x.outcome = 'failed') as failed,
      count(*) filter (where x.outcome = 'error') as errored,
      count(*) filter (where x.outcome = 'skipped') as skipped,
      avg(x.score) as avg_score, coalesce(sum(x.score), 0) as score_sum,
      percentile_cont(array[0.5, 0.95, 0.99]) within group (order by x.execution_time_ms) as times
    from verification.results x
    where x.created_at >= ${from} and x.created_at < ${to}
    group by 1, 2`;
}
