import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createQueryMetrics } from '../../../src/lib/query-metrics/index.js';
import { monitorPool, VerificationRepository } from '../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';

let database: TestDatabase;
let registry: Registry;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 2 });
});

afterAll(() => database.drop());

beforeEach(() => {
  registry = new Registry();
});

const request = (requestKey: string) => ({
  requestKey,
  clientId: 'a-client',
  content: 'a secret claim',
  frameworks: ['empirical' as const],
});

describe('createQueryMetrics', () => {
  it('counts and times the queries of a repository by operation and table', async () => {
    const repository = new VerificationRepository(database.sql, createQueryMetrics(registry));
    await repository.list({ limit: 1 });
    await repository.list({ limit: 1 });
    const text = await registry.metrics();
    const labels = 'operation="select",table="verification.requests"';
    expect(text).toContain(`bk_db_queries_total{${labels},status="ok"} 2`);
    expect(text).toContain(`bk_db_query_duration_seconds_count{${labels}} 2`);
  });

  it('has the buckets of OpenTelemetry', async () => {
    createQueryMetrics(registry).onQuery({ operation: 'select', table: 't', method: 'find', ms: 7, rows: 1 });
    const text = await registry.metrics();
    const bounds = [...text.matchAll(/bk_db_query_duration_seconds_bucket\{le="([^"]+)".*\} (\d)/g)];
    expect(bounds.map(([, le, count]) => `${le ?? ''}:${count ?? ''}`)).toEqual([
      '0.001:0',
      '0.005:0',
      '0.01:1',
      '0.05:1',
      '0.1:1',
      '0.5:1',
      '1:1',
      '5:1',
      '10:1',
      '+Inf:1',
    ]);
  });

  it('counts failures by class of SQLSTATE, and transactions, without a word of the values', async () => {
    const repository = new VerificationRepository(database.sql, createQueryMetrics(registry));
    await repository.createRequest(request('metrics-1'));
    await expect(repository.createRequest(request('metrics-1'))).rejects.toThrow();
    const text = await registry.metrics();
    expect(text).toContain('bk_db_errors_total{sqlstate_class="23",operation="insert"} 1');
    expect(text).toContain('bk_db_transactions_total{status="committed"} 1');
    expect(text).toContain('bk_db_transactions_total{status="rolled_back"} 1');
    expect(text).toContain('bk_db_transaction_duration_seconds_count 2');
    expect(text).not.toMatch(/metrics-1|a-client|secret/);
  });

  it('adds up the connections of pools that share a registry', async () => {
    const [one, two] = [createQueryMetrics(registry), createQueryMetrics(registry)];
    one.onPool({ total: 4, idle: 1, busy: 3, waiting: 0 });
    two.onPool({ total: 2, idle: 0, busy: 2, waiting: 5 });
    one.onPool({ total: 4, idle: 2, busy: 2, waiting: 0 });
    const text = await registry.metrics();
    expect(text).toContain('bk_db_pool_connections{state="busy"} 4');
    expect(text).toContain('bk_db_pool_connections{state="idle"} 2');
    expect(text).toContain('bk_db_pool_waiting 5');
  });

  it('shows a pool that is idle again', async () => {
    const sql = monitorPool(database.sql, 2, createQueryMetrics(registry));
    await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.01)`));
    const text = await registry.metrics();
    expect(text).toContain('bk_db_pool_connections{state="busy"} 0');
    expect(text).toContain('bk_db_pool_connections{state="idle"} 2');
  });

  it('keeps the number of series bounded, whatever tables there are', async () => {
    const { onQuery } = createQueryMetrics(registry);
    for (let n = 0; n < 1_000; n++)
      onQuery({ operation: 'select', table: `made.t${n}`, method: 'find', ms: 1, rows: 0 });
    const text = await registry.metrics();
    expect(text).toContain('bk_db_queries_total{operation="select",table="other",status="ok"} 800');
    expect(text.match(/^bk_db_queries_total.*status="ok"/gm)).toHaveLength(201);
  });
});
