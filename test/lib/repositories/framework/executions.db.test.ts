import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FrameworkRepository, VerificationRepository } from '../../../../src/lib/repositories/index.js';
import type { NewExecution } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';

const HOUR = 3_600_000;

let database: TestDatabase;
let repository: FrameworkRepository;
let made = 0;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 12 });
  repository = new FrameworkRepository(database.sql);
});
beforeEach(async () => {
  await database.sql`delete from framework.executions`;
});
afterAll(async () => {
  await database.drop();
});

function newExecution(values: Partial<NewExecution> = {}): NewExecution {
  made++;
  return { executionKey: `run-${made}`, framework: 'empirical', frameworkVersion: '1.0', ...values };
}

async function running(values: Partial<NewExecution> = {}) {
  await repository.enqueue(newExecution(values));
  const [claimed] = await repository.claimExecutions({ worker: 'w', limit: 1 });
  if (claimed === undefined) throw new Error('nothing to claim');
  return claimed;
}

describe('the queue', () => {
  test('200 executions and 12 workers: each exactly once', async () => {
    await repository.createMany(Array.from({ length: 200 }, () => newExecution()));
    const claimed: string[] = [];
    const work = async (worker: string) => {
      for (;;) {
        const batch = await repository.claimExecutions({ worker, limit: 5 });
        if (batch.length === 0) return;
        claimed.push(...batch.map(({ id }) => id));
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, worker) => work(`w${worker}`)));
    expect([claimed.length, new Set(claimed).size]).toEqual([200, 200]);
  });

  test('can be asked for one framework', async () => {
    await repository.enqueue(newExecution({ framework: 'utility' }));
    expect(await repository.claimExecutions({ worker: 'w', framework: 'empirical', limit: 1 })).toEqual([]);
    expect(await repository.claimExecutions({ worker: 'w', framework: 'utility', limit: 1 })).toHaveLength(1);
  });

  test('a silent worker loses its execution for good', async () => {
    const { id } = await running();
    expect(await repository.heartbeat(id, 'w')).toBe(true);
    expect(await repository.heartbeat(id, 'another')).toBe(false);
    expect(await repository.reapStalled({ silentMs: HOUR })).toBe(0);
    await database.sql`update framework.executions set heartbeat_at = now() - interval '2 h'`;
    expect(await repository.reapStalled({ silentMs: HOUR })).toBe(1);
    expect(await repository.heartbeat(id, 'w')).toBe(false);
    await expect(repository.complete(id, { output: {} })).rejects.toMatchObject({ kind: 'LostLease' });
    expect(await repository.getExecution(id)).toMatchObject({ status: 'timeout' });
  });
});

describe('ending', () => {
  test('with output, usage and metrics', async () => {
    const { id } = await running();
    await repository.complete(id, {
      output: { max_score: [1, null] },
      usage: { cpuPercent: 12.5 },
      metrics: { accuracy: 0.9, tokensProcessed: '9007199254740993', costEstimate: '0.000123' },
    });
    const execution = await repository.getExecution(id, {
      with: ['metrics', 'config', 'retries', 'request'],
    });
    expect(execution).toMatchObject({
      status: 'completed',
      output: { max_score: [1, null] },
      cpuPercent: 12.5,
      memoryMb: null,
      metrics: { accuracy: 0.9, tokensProcessed: '9007199254740993', costEstimate: '0.000123' },
      config: null,
      request: null,
      retries: [],
    });
    expect(Number(execution.durationMs)).toBeGreaterThanOrEqual(0);
    await expect(repository.complete(id, { output: {} })).rejects.toMatchObject({ kind: 'LostLease' });
    await expect(repository.cancel(id)).rejects.toMatchObject({ kind: 'IllegalTransition' });
  });

  test('refused metrics leave the execution running', async () => {
    const { id } = await running();
    await expect(repository.complete(id, { output: {}, metrics: { accuracy: 2 } })).rejects.toMatchObject({
      kind: 'Check',
      constraint: 'execution_metrics_accuracy_range',
    });
    expect(await repository.getExecution(id)).toMatchObject({ status: 'running' });
  });

  test('a failed one is tried again as a new one', async () => {
    const { id, executionKey } = await running({ input: { claim: 'x' } });
    const first = await repository.fail(id, { errorType: 'OOM', message: 'out of memory', retry: true });
    expect(first.retry).toMatchObject({
      executionKey: `${executionKey}:a2`,
      attempt: 2,
      retryOfId: id,
      status: 'queued',
      input: { claim: 'x' },
    });
    const [second] = await repository.claimExecutions({ worker: 'w', limit: 1 });
    const last = await repository.fail(second?.id ?? '', { errorType: 'OOM', message: 'again', retry: true });
    expect(last.retry?.executionKey).toBe(`${executionKey}:a3`);
    const failed = await repository.getExecution(id, { with: ['retries'] });
    expect(failed).toMatchObject({ status: 'failed', errorType: 'OOM', retries: [{ id: second?.id }] });
  });
});

test('an execution comes with its configuration and request, one query each', async () => {
  const verification = new VerificationRepository(database.sql);
  const request = await verification.createRequest({ requestKey: 'r', clientId: 'c', content: 'x' });
  const draft = await repository.createConfig({ framework: 'meta', frameworkVersion: '1', data: {} });
  await database.sql`update framework.configs set is_valid = true where id = ${draft.id}`;
  await repository.activateConfig(draft.id);
  const { id } = await repository.enqueue(
    newExecution({ framework: 'meta', environment: 'prod', requestId: request.id }),
  );
  const methods: string[] = [];
  const watched = new FrameworkRepository(database.sql, { onQuery: ({ method }) => methods.push(method) });
  const execution = await watched.getExecution(id, { with: ['config', 'request'] });
  expect(methods).toEqual(['get', 'load.config', 'load.request']);
  expect([execution.config?.id, execution.request?.id]).toEqual([draft.id, request.id]);
});

test('statistics, trends and lists', async () => {
  for (const accuracy of [0.5, 0.7]) {
    const { id } = await running();
    await repository.complete(id, { output: {}, metrics: { accuracy, costEstimate: '0.25' } });
  }
  await repository.fail((await running()).id, { errorType: 'X', message: 'x' });
  await running();
  const since = new Date(Date.now() - HOUR);
  expect(await repository.executionStats('empirical', since)).toMatchObject({
    executions: 4,
    completed: 2,
    failed: 1,
    running: 1,
    successRate: 2 / 3,
    retries: 0,
  });
  expect(await repository.executionStats('meta', new Date())).toMatchObject({
    executions: 0,
    successRate: null,
  });
  const span = { from: since, to: new Date(Date.now() + HOUR), bucketMs: 24 * HOUR };
  expect(await repository.performanceTrend('empirical', 'accuracy', span)).toMatchObject([
    { executions: 2, avg: 0.6, min: 0.5, max: 0.7 },
  ]);
  expect(await repository.performanceTrend('empirical', 'costEstimate', span)).toMatchObject([{ avg: 0.25 }]);
  expect(await repository.performanceTrend('empirical', 'recall', span)).toEqual([]);
  await expect(repository.performanceTrend('empirical', 'extra' as never, span)).rejects.toThrow(
    /no trend of extra/,
  );
  expect((await repository.getRunning('empirical')).items).toHaveLength(1);
  expect(
    (await repository.listExecutions({ status: ['completed', 'failed'] }, { limit: 2 })).next,
  ).not.toBeNull();
});

test('samples are stored in bulk and read in buckets', async () => {
  const sampledAt = new Date('2025-06-01T10:00:00Z');
  const samples = Array.from({ length: 6000 }, (_, n) => ({
    framework: 'utility' as const,
    metric: 'latency_ms',
    value: n % 100,
    sampledAt: new Date(sampledAt.getTime() + n * 1000),
  }));
  expect(await repository.recordSamples(samples)).toBe(6000);
  const buckets = await repository.aggregateSamples({
    framework: 'utility',
    metric: 'latency_ms',
    from: sampledAt,
    to: new Date('2025-06-01T12:00:00Z'),
    bucketMs: HOUR,
  });
  expect(buckets).toMatchObject([
    { samples: 3600, min: 0, max: 99, p50: 49.5 },
    { samples: 2400, avg: 49.5 },
  ]);
  await expect(
    repository.recordSamples([{ framework: 'utility', metric: 'Bad Name', value: 1 }]),
  ).rejects.toMatchObject({ kind: 'Check', constraint: 'metric_samples_metric_format' });
});
