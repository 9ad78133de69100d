import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VerificationRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import { claimOne, completedRequest, newRequest } from './requests.js';

const HOUR = 3_600_000;
const since = new Date(Date.now() - HOUR);
const until = () => new Date(Date.now() + HOUR);

let database: TestDatabase;
let repository: VerificationRepository;
let methods: string[];

beforeAll(async () => {
  database = await createSchemaDatabase();
  methods = [];
  repository = new VerificationRepository(database.sql, { onQuery: ({ method }) => methods.push(method) });
  for (const empirical of [0.1, 0.2, 0.35, 0.45, 0.6, 0.9])
    await completedRequest(repository, { empirical }, { clientId: 'reader' });
  await repository.createRequest(newRequest({ clientId: 'reader' }));
  await repository.createRequest(newRequest({ clientId: 'other', priority: 1 }));
  const { id, claimToken } = await claimOne(repository);
  await repository.failRequest(id, claimToken, { reason: 'broken' });
});
afterAll(async () => {
  await database.drop();
});

test('high risks come page by page with their requests, in two queries a page', async () => {
  methods.length = 0;
  const first = await repository.getHighRisk({ since, page: { limit: 3 } });
  expect(methods).toEqual(['getHighRisk', 'load.request']);
  expect(first.items.map(({ overallScore, riskLevel }) => [overallScore, riskLevel])).toEqual([
    [0.45, 'high'],
    [0.35, 'high'],
    [0.2, 'critical'],
  ]);
  expect(first.items[0]?.request?.clientId).toBe('reader');
  const second = await repository.getHighRisk({ since, page: { limit: 3, after: first.next ?? '' } });
  expect(second.items.map(({ overallScore }) => overallScore)).toEqual([0.1]);
  expect(second.next).toBeNull();
  expect((await repository.getHighRisk({ levels: ['low'] })).items).toHaveLength(1);
});

test('a request comes with its relations in one query each', async () => {
  const [row] = (await repository.listRequests({ status: 'completed' })).items;
  methods.length = 0;
  const request = await repository.getRequest(row?.id ?? '', {
    with: ['frameworks', 'results', 'metrics', 'audit'],
  });
  expect(methods).toEqual(['get', 'load.frameworks', 'load.results', 'load.metrics', 'load.audit']);
  expect([request.frameworks.length, request.results.length, request.audit.length]).toEqual([2, 1, 3]);
  expect(request.metrics?.requestId).toBe(request.id);
});

test('lists by filter, time and state', async () => {
  expect(
    (await repository.listRequests({ clientId: 'reader', status: { ne: 'completed' } })).items,
  ).toHaveLength(1);
  expect(
    (await repository.getRequestsByTimeframe({ from: since, to: until(), clientId: 'other' })).items,
  ).toHaveLength(1);
  expect((await repository.getRequestsByTimeframe({ from: new Date(0), to: since })).items).toEqual([]);
  expect((await repository.getActiveRequests()).items).toEqual([]);
  expect(await repository.getPendingRequests({ clientId: 'reader' })).toHaveLength(1);
});

describe('statistics', () => {
  test('of risks name every level', async () => {
    expect(await repository.riskDistribution(since)).toEqual([
      { riskLevel: 'low', requests: 1 },
      { riskLevel: 'medium', requests: 1 },
      { riskLevel: 'high', requests: 2 },
      { riskLevel: 'critical', requests: 2 },
    ]);
  });

  test('of a client', async () => {
    const statistics = await repository.clientStatistics('reader', since);
    expect(statistics).toMatchObject({ requests: 7, completed: 6, pending: 1, failed: 0 });
    expect(statistics.avgScore).toBeCloseTo(2.6 / 6, 6);
    expect(await repository.clientStatistics('nobody', since)).toMatchObject({ requests: 0, avgScore: null });
  });

  test('of a framework', async () => {
    expect(await repository.frameworkPerformance('empirical', since)).toMatchObject({
      results: 6,
      passed: 2,
      failed: 4,
      errored: 0,
      passRate: 1 / 3,
      p50Ms: 10,
    });
    expect(await repository.frameworkPerformance('meta', since)).toMatchObject({
      results: 0,
      passRate: null,
    });
  });

  test('of what keeps failing', async () => {
    expect(await repository.failingPatterns({ since })).toMatchObject([
      { framework: 'empirical', kind: 'contradiction', occurrences: 4 },
    ]);
    expect(await repository.failingPatterns({ since, minOccurrences: 5 })).toEqual([]);
  });

  test('by bucket of time', async () => {
    const span = { from: since, to: until(), bucketMs: 24 * HOUR };
    const [all] = await repository.aggregateMetrics(span);
    expect(all).toMatchObject({ framework: null, results: 6, passed: 2, p95Ms: 10 });
    const [empirical] = await repository.aggregateMetrics({ ...span, groupBy: 'framework' });
    expect(empirical).toMatchObject({ framework: 'empirical', results: 6 });
    expect(empirical?.avgScore).toBeCloseTo(2.6 / 6, 6);
  });

  test('rolled up: closed buckets only, and again without change', async () => {
    await database.sql`alter table verification.results disable trigger user`;
    await database.sql`update verification.results set created_at = '2025-06-01T10:30:00Z'`;
    await database.sql`alter table verification.results enable trigger user`;
    const span = {
      from: new Date('2025-06-01T10:00:00Z'),
      to: new Date('2025-06-01T12:00:00Z'),
      bucketMs: HOUR,
    };
    expect(await repository.rollupMetrics(span)).toBe(1);
    expect(await repository.rollupMetrics(span)).toBe(0);
    const [stored] = await database.sql`select * from verification.metric_rollups`;
    expect(stored).toMatchObject({
      framework: 'empirical',
      results: '6',
      passed: '2',
      bucket_width: '01:00:00',
    });
    expect(await repository.rollupMetrics({ ...span, from: new Date('2025-06-01T10:10:00Z') })).toBe(0);
  });
});

describe('the audit trail', () => {
  test('is appended to and searched', async () => {
    await repository.appendAudit({
      event: 'config.activated',
      severity: 'warning',
      actorKind: 'operator',
      actor: 'ann',
    });
    const span = { from: since, to: until() };
    const important = await repository.searchAudit({ ...span, minSeverity: 'warning' });
    expect(important.items.map(({ event, severity }) => [event, severity])).toEqual([
      ['config.activated', 'warning'],
      ['request.failed', 'error'],
    ]);
    expect((await repository.searchAudit({ ...span, actor: 'ann' })).items).toHaveLength(1);
    const first = await repository.searchAudit({ ...span, event: 'request.completed' }, { limit: 4 });
    const rest = await repository.searchAudit(
      { ...span, event: 'request.completed' },
      { after: first.next ?? '' },
    );
    expect([first.items.length, rest.items.length]).toEqual([4, 2]);
  });

  test('cannot be changed, and outlives the requests', async () => {
    await expect(database.sql`update verification.audit_log set actor = 'nobody'`).rejects.toMatchObject({
      code: 'ZB002',
    });
    const [request] = (await repository.listRequests({ status: 'completed' })).items;
    const purged = await repository.purgeRequests({ finishedBefore: until(), batch: 2 });
    expect(purged).toBe(7);
    expect(await repository.count()).toBe(1);
    expect(await repository.getAuditTrail(request?.id ?? '')).toHaveLength(3);
  });
});

test('redaction takes the content away and leaves its hash', async () => {
  const { id, contentSha256 } = await repository.createRequest(newRequest());
  await repository.redactContent(id, 'ann');
  await repository.redactContent(id, 'ann');
  const request = await repository.getRequest(id, { with: ['audit'] });
  expect(request).toMatchObject({ content: null, contentSha256, redactedAt: expect.any(Date) as Date });
  expect(request.audit.filter(({ event }) => event === 'content.redacted')).toMatchObject([{ actor: 'ann' }]);
  await expect(repository.reverify(id)).rejects.toMatchObject({ kind: 'BadValue' });
});
