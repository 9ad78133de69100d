import type { Fixtures } from '../fixtures.js';
import { deviation, mean, rounded, score } from '../numbers.js';
import type { Random } from '../random.js';
import { AFFINITY, PHILOSOPHY, type Judge } from '../vocabulary.js';
import type { RequestPlan } from './request.js';

const PASS_MARK = 0.6;
const ERROR_RATE = 0.03;
const WEIGHTS = [0.5, 0.3, 0.2];

/** The rows of `verification.request_frameworks`. */
export function frameworkRows({ id, claim }: RequestPlan) {
  return claim.panel.map((framework, rank) => ({
    request_id: id,
    framework,
    weight: WEIGHTS[rank] ?? 0.1,
    required: rank < 2,
  }));
}

/** The rows of `verification.results`: all frameworks of a completed request, the first of some that did not get so far. */
export function resultRows(fixtures: Fixtures, plan: RequestPlan) {
  const { status, claim, k, startedAt } = plan;
  const judged =
    status === 'completed'
      ? claim.panel
      : (status === 'failed' || status === 'in_progress') && k % 2 === 0
        ? claim.panel.slice(0, 1)
        : [];
  if (startedAt === undefined) return [];
  return judged.map((framework) => {
    const random = fixtures.random('verification.results', `${k}/${framework}`);
    return resultRow(random, {
      plan,
      framework,
      startedAt,
      latest: plan.finishedAt ?? fixtures.timeline.asOf,
    });
  });
}

export type ResultRow = ReturnType<typeof resultRow>;

interface Judging {
  readonly plan: RequestPlan;
  readonly framework: Judge;
  readonly startedAt: Date;
  /** The judgement is in by then. */
  readonly latest: Date;
}

function resultRow(random: Random, { plan, framework, startedAt, latest }: Judging) {
  const duration = Math.max(5, Math.round(random.logNormal(400, 0.99)));
  const createdAt = new Date(Math.min(startedAt.getTime() + duration, latest.getTime()));
  const failedTechnically = random.chance(ERROR_RATE);
  const verdict = score(AFFINITY[plan.claim.domain][framework] - plan.claim.flaw + 0.13 * random.normal());
  const margin = rounded(0.02 + 0.08 * random.unit());
  return {
    id: random.uuid(createdAt),
    request_id: plan.id,
    framework,
    outcome: failedTechnically ? 'error' : verdict >= PASS_MARK ? 'passed' : 'failed',
    score: failedTechnically ? null : verdict,
    confidence: failedTechnically ? 0 : score(0.78 + 0.12 * random.normal()),
    confidence_low: failedTechnically ? null : score(verdict - margin),
    confidence_high: failedTechnically ? null : score(verdict + margin),
    philosophy: PHILOSOPHY[framework],
    reasoning: failedTechnically ? null : reasoning(framework, verdict),
    findings: verdict >= PASS_MARK || failedTechnically ? [] : [{ kind: 'weak_support', framework }],
    evidence: failedTechnically ? [] : [{ source: `corpus/${framework}`, items: random.integer(1, 9) }],
    recommendations: verdict >= 0.4 || failedTechnically ? [] : ['ask for a second source'],
    uncertainty_factors: margin > 0.07 ? ['small_sample'] : [],
    execution_time_ms: duration,
    error: failedTechnically ? 'evidence source did not answer in time' : null,
    model_version: `${framework}-2.${random.integer(0, 3)}`,
    created_at: createdAt,
  };
}

function reasoning(framework: Judge, verdict: number): string {
  const strength =
    verdict >= 0.8 ? 'well supported' : verdict >= PASS_MARK ? 'supported' : 'not sufficiently supported';
  return `By the ${framework} framework the claim is ${strength} (${verdict.toFixed(2)}).`;
}

/** The row of `verification.request_metrics`: what the results add up to. */
export function metricsRow(plan: RequestPlan, results: readonly ResultRow[]) {
  const judged = results.flatMap((result) => (result.score === null ? [] : [result.score]));
  const weights = new Map(frameworkRows(plan).map(({ framework, weight }) => [framework, weight]));
  const weighed = results.flatMap(({ score: value, framework }) =>
    value === null ? [] : [{ value, weight: weights.get(framework) ?? 0 }],
  );
  const weightSum = weighed.reduce((sum, { weight }) => sum + weight, 0);
  const outcomes = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  const none = judged.length === 0;
  return {
    request_id: plan.id,
    overall_score: none
      ? null
      : score(weighed.reduce((sum, { value, weight }) => sum + value * weight, 0) / weightSum),
    min_score: none ? null : Math.min(...judged),
    max_score: none ? null : Math.max(...judged),
    avg_score: none ? null : rounded(mean(judged), 6),
    score_stddev: none ? null : rounded(deviation(judged), 6),
    frameworks_total: results.length,
    frameworks_passed: outcomes('passed'),
    frameworks_failed: outcomes('failed'),
    frameworks_errored: outcomes('error'),
    frameworks_skipped: 0,
    total_execution_ms: results.reduce((sum, result) => sum + result.execution_time_ms, 0),
    wall_clock_ms: (plan.finishedAt?.getTime() ?? 0) - (plan.startedAt?.getTime() ?? 0),
    risk_factors: outcomes('error') > 0 ? ['incomplete_judgement'] : [],
    computed_at: plan.finishedAt ?? plan.createdAt,
  };
}
