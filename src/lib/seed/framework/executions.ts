import type { Aggregate, Fixtures } from '../fixtures.js';
import { rounded, score } from '../numbers.js';
import { at, type Random } from '../random.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../timeline.js';
import { planRequest, REQUESTS_PER_UNIT } from '../verification/index.js';
import { JUDGES, type Judge } from '../vocabulary.js';
import { configRow } from './reference.js';
import { sampleRows } from './samples.js';

/** Executions in a unit of scale. */
export const EXECUTIONS_PER_UNIT = 400;

const RETRY_EVERY = 20;
const WORKERS = ['runner-a', 'runner-b', 'runner-c'];
const FAILURES = [
  ['EvidenceUnavailable', 'the evidence store answered 503'],
  ['ModelOverload', 'the model queue was full'],
  ['InvalidInput', 'the claim could not be parsed'],
] as const;

type ExecutionStatus = 'queued' | 'running' | 'completed' | 'failed' | 'timeout' | 'cancelled';

/** Execution `k` with its metrics and samples. The first of every 20 fails, and the next one retries it. */
export function executionAggregate(fixtures: Fixtures, k: number): Aggregate {
  const random = fixtures.random('framework.executions', k);
  const row = executionRow(fixtures, random, k);
  return {
    root: 'framework.executions',
    id: row.id,
    key: row.execution_key,
    rows: {
      'framework.executions': [row],
      'framework.execution_metrics': row.status === 'completed' ? [metricsRow(random, row)] : [],
      'framework.metric_samples':
        row.started_at === null ? [] : sampleRows(fixtures, k, { ...row, started_at: row.started_at }),
    },
  };
}

function executionRow(fixtures: Fixtures, random: Random, k: number) {
  const { timeline } = fixtures;
  const isRetry = k % RETRY_EVERY === 1;
  const framework = frameworkOf(fixtures, k);
  const status = statusOf(fixtures, k);
  const createdAt = arrivalOf(fixtures, k);
  const begun = status !== 'queued' && status !== 'cancelled';
  const startedAt = begun ? timeline.after(createdAt, random.logNormal(2 * SECOND_MS, 0.8)) : null;
  const runtime = Math.max(20, random.logNormal(400, 0.99));
  const finishedAt =
    status === 'queued' || status === 'running'
      ? null
      : timeline.after(startedAt ?? createdAt, status === 'timeout' ? 5 * MINUTE_MS : runtime);
  const [errorType, errorMessage] = at(FAILURES, k % FAILURES.length);
  const config = configRow(fixtures, framework, createdAt < timeline.before(46 * 24 * HOUR_MS) ? 1 : 2);
  return {
    id: fixtures.random('framework.executions.id', k).uuid(createdAt),
    execution_key: executionKey(k),
    framework,
    framework_version: config.framework_version,
    config_id: config.id,
    request_id: requestOf(fixtures, k),
    retry_of_id: isRetry
      ? fixtures.random('framework.executions.id', k - 1).uuid(arrivalOf(fixtures, k - 1))
      : null,
    attempt: isRetry ? 2 : 1,
    status,
    input: { claim_domain: random.pick(['empirical', 'social', 'ethical']), batch: k % 8 === 0 },
    output: status === 'completed' ? { verdict: random.chance(0.8) ? 'supported' : 'unsupported' } : null,
    worker: begun ? random.pick(WORKERS) : null,
    heartbeat_at: status === 'running' ? timeline.before(4 * SECOND_MS) : (finishedAt ?? null),
    started_at: startedAt,
    finished_at: finishedAt,
    cpu_percent: begun ? rounded(20 + 60 * random.unit(), 1) : null,
    memory_mb: begun ? rounded(300 + 900 * random.unit(), 1) : null,
    gpu_percent: begun && k % 3 === 0 ? rounded(90 * random.unit(), 1) : null,
    error_type: status === 'failed' ? errorType : null,
    error_message: status === 'failed' ? errorMessage : null,
    metadata: { fixture: true },
    created_at: createdAt,
    updated_at: finishedAt ?? startedAt ?? createdAt,
  };
}

export type ExecutionRow = ReturnType<typeof executionRow>;

function executionKey(k: number): string {
  return `exec-${String(k + 1).padStart(6, '0')}`;
}

/** A retry runs the framework of what it retries; evolution keeps failing, for dashboards to show. */
function frameworkOf(fixtures: Fixtures, k: number): Judge {
  if (k % RETRY_EVERY === 1) return frameworkOf(fixtures, k - 1);
  return fixtures.random('framework.executions.framework', k).pick(JUDGES);
}

function statusOf(fixtures: Fixtures, k: number): ExecutionStatus {
  const inBlock = k % EXECUTIONS_PER_UNIT;
  if (k % RETRY_EVERY === 0) return 'failed';
  if (inBlock === 97) return 'cancelled';
  if (inBlock >= EXECUTIONS_PER_UNIT - 4) return 'queued';
  if (inBlock >= EXECUTIONS_PER_UNIT - 6) return 'running';
  if (inBlock === 198) return 'timeout';
  if (frameworkOf(fixtures, k) !== 'evolution') return 'completed';
  return fixtures.random('framework.executions.status', k).chance(0.45) ? 'failed' : 'completed';
}

function arrivalOf(fixtures: Fixtures, k: number): Date {
  const { timeline } = fixtures;
  const random = fixtures.random('framework.executions.arrival', k);
  const status = statusOf(fixtures, k);
  if (status === 'queued') return timeline.before(random.integer(2, 50) * SECOND_MS);
  if (status === 'running') return timeline.before(random.integer(60, 240) * SECOND_MS);
  if (k % RETRY_EVERY === 1)
    return timeline.after(arrivalOf(fixtures, k - 1), random.integer(2, 9) * MINUTE_MS);
  return timeline.workday(random);
}

/** Every other execution serves a request of the same unit. */
function requestOf(fixtures: Fixtures, k: number): string | null {
  if (k % 2 === 0) return null;
  const unit = Math.floor(k / EXECUTIONS_PER_UNIT);
  return planRequest(fixtures, unit * REQUESTS_PER_UNIT + (k % EXECUTIONS_PER_UNIT)).id;
}

function metricsRow(random: Random, row: ExecutionRow) {
  const precision = score(0.86 + 0.06 * random.normal());
  const recall = score(0.81 + 0.07 * random.normal());
  const median = random.logNormal(120, 0.5);
  return {
    execution_id: row.id,
    accuracy: score(0.84 + 0.06 * random.normal()),
    precision,
    recall,
    f1_score: precision + recall === 0 ? 0 : score((2 * precision * recall) / (precision + recall)),
    latency_p50_ms: rounded(median, 2),
    latency_p95_ms: rounded(median * (2 + random.unit()), 2),
    latency_p99_ms: rounded(median * (3.2 + 2 * random.unit()), 2),
    throughput_per_s: rounded(1000 / median, 3),
    tokens_processed: Math.round(random.logNormal(1800, 0.7)),
    cost_estimate: rounded(random.logNormal(0.004, 0.7), 6),
    extra: {},
    recorded_at: row.finished_at,
  };
}
