import {
  bindList,
  listRows,
  loadRelations,
  raw,
  sql,
  type Executor,
  type Page,
  type PageOptions,
  type Related,
} from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { metricsRelations, requestMetrics, requests, results, type RequestMetrics } from './tables.js';
import {
  clientStatisticsSchema,
  failingPatternSchema,
  frameworkPerformanceSchema,
  riskCountSchema,
  type ClientStatistics,
  type FailingPattern,
  type FrameworkPerformance,
  type RiskCount,
} from './types.js';
import type { RiskLevel } from './vocabulary.js';

export interface HighRiskOptions {
  /** `high` and `critical` unless given. */
  readonly levels?: readonly RiskLevel[];
  readonly since?: Date;
  readonly page?: PageOptions;
}

/** Metrics and the request they belong to. */
export type MetricsWithRequest = RequestMetrics & Related<typeof metricsRelations, 'request'>;

/** Completed requests of a risk level, the latest first. */
export async function getHighRisk(
  executor: Executor,
  { levels = ['high', 'critical'], since, page = {} }: HighRiskOptions,
): Promise<Page<MetricsWithRequest>> {
  // Said literally, for the planner cannot see in a parameter that the partial index applies.
  const indexed = levels.every((level) => level === 'high' || level === 'critical');
  const { items, next } = await listRows(
    executor,
    {
      method: 'getHighRisk',
      table: requestMetrics,
      condition: raw(indexed ? "r.risk_level in ('high', 'critical')" : 'true'),
    },
    {
      ...page,
      filter: { riskLevel: levels, ...(since === undefined ? {} : { computedAt: { gte: since } }) },
      order: [['computedAt', 'desc']],
    },
  );
  return {
    items: await loadRelations(executor, metricsRelations, { rows: items, names: ['request'] }),
    next,
  };
}

/** How many requests completed since then have each risk level, from low to critical. */
export async function riskDistribution(executor: Executor, since: Date): Promise<RiskCount[]> {
  return executor.rows(
    { method: 'riskDistribution', operation: 'select', table: requestMetrics, row: riskCountSchema },
    sql`select level as risk_level, count(m.request_id)::int as requests
      from unnest(enum_range(null::verification.risk_level)) level
        left join verification.request_metrics m on m.risk_level = level and m.computed_at >= ${since}
      group by level order by level`,
  );
}

/** What became of a client's requests since then. */
export async function clientStatistics(
  executor: Executor,
  clientId: string,
  since: Date,
): Promise<ClientStatistics> {
  return executor.one(
    { method: 'clientStatistics', operation: 'select', table: requests, row: clientStatisticsSchema },
    sql`select count(*)::int as requests,
        count(*) filter (where r.status = 'pending')::int as pending,
        count(*) filter (where r.status = 'in_progress')::int as in_progress,
        count(*) filter (where r.status = 'completed')::int as completed,
        count(*) filter (where r.status = 'failed')::int as failed,
        count(*) filter (where r.status = 'timeout')::int as timeout,
        count(*) filter (where r.status = 'cancelled')::int as cancelled,
        avg(extract(epoch from r.finished_at - r.started_at) * 1000)::float8 as avg_duration_ms,
        percentile_cont(0.95) within group (order by extract(epoch from r.finished_at - r.started_at) * 1000)
          as p95_duration_ms,
        avg(m.overall_score) as avg_score
      from verification.requests r left join verification.request_metrics m on m.request_id = r.id
      where r.client_id = ${clientId} and r.created_at >= ${since}`,
  );
}

/** How a framework has judged since then. */
export async function frameworkPerformance(
  executor: Executor,
  framework: FrameworkKind,
  since: Date,
): Promise<FrameworkPerformance> {
  return executor.one(
    { method: 'frameworkPerformance', operation: 'select', table: results, row: frameworkPerformanceSchema },
    sql`select count(*)::int as results,
        count(*) filter (where x.outcome = 'passed')::int as passed,
        count(*) filter (where x.outcome = 'failed')::int as failed,
        count(*) filter (where x.outcome = 'error')::int as errored,
        count(*) filter (where x.outcome = 'skipped')::int as skipped,
        count(*) filter (where x.outcome = 'passed') / nullif(count(x.score), 0)::float8 as pass_rate,
        avg(x.score) as avg_score,
        avg(x.confidence) filter (where x.score is not null) as avg_confidence,
        percentile_cont(0.5) within group (order by x.execution_time_ms) as "p50Ms",
        percentile_cont(0.95) within group (order by x.execution_time_ms) as "p95Ms"
      from verification.results x
      where x.framework = ${framework} and x.created_at >= ${since}`,
  );
}

export interface FailingPatternOptions {
  /** Scores below this count as failing; default 0.5. */
  readonly threshold?: number;
  /** Default 3. */
  readonly minOccurrences?: number;
  readonly since: Date;
}

/** The kinds of findings that recur among low scores, the most frequent first. */
export async function failingPatterns(
  executor: Executor,
  { threshold = 0.5, minOccurrences = 3, since }: FailingPatternOptions,
): Promise<FailingPattern[]> {
  return executor.rows(
    { method: 'failingPatterns', operation: 'select', table: results, row: failingPatternSchema },
    sql`select x.framework, coalesce(f.finding ->> 'kind', 'unspecified') as kind,
        count(*)::int as occurrences, avg(x.score) as avg_score
      from verification.results x cross join lateral jsonb_array_elements(x.findings) f(finding)
      where x.score < ${threshold}::float8 and x.created_at >= ${since}
      group by 1, 2 having count(*) >= ${minOccurrences}
      order by occurrences desc, 1, 2`,
  );
}

/** Judgements of the same content, the newest for each framework, from completed requests of that age at most. */
export async function findPriorResults(
  executor: Executor,
  content: string,
  { maxAgeMs, frameworks }: { readonly maxAgeMs: number; readonly frameworks: readonly FrameworkKind[] },
) {
  const wanted = bindList(results.column('framework').facts, frameworks);
  return executor.rows(
    { method: 'findPriorResults', operation: 'select', table: results, row: results.row },
    sql`select distinct on (x.framework) ${results.select('x')}
      from verification.requests r join verification.results x on x.request_id = r.id
      where r.content_sha256 = bk.text_sha256(${content}) and r.redacted_at is null and r.status = 'completed'
        and r.created_at >= clock_timestamp() - ${maxAgeMs}::float8 * interval '1 millisecond'
        and x.framework = any(${wanted}) and x.score is not null
      order by x.framework, r.created_at desc, r.id desc`,
  );
}
