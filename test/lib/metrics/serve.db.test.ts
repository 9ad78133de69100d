import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/lib/core/connection.js';
import { serveMetrics, type MetricsServer, type ServeOptions } from '../../../src/lib/metrics/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let db: TestDatabase;
const servers: MetricsServer[] = [];

beforeAll(async () => {
  db = await createDatabase();
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await db.drop();
});

async function serve(
  options: Partial<ServeOptions> = {},
  target: ConnectionTarget = db.target,
): Promise<string> {
  const server = await serveMetrics(
    { target },
    {
      host: '127.0.0.1',
      port: 0,
      onError: () => undefined,
      ...options,
    },
  );
  servers.push(server);
  return server.url;
}

describe('serveMetrics', () => {
  it('serves metrics, fast and slow ones', async () => {
    const response = await fetch(`${await serve()}/metrics`);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const text = await response.text();
    expect(text).toContain('bk_db_up 1\n');
    expect(text).toContain('bk_db_check_status{check="conn.used"} 0');
    expect(text).toContain('bk_db_check_status{check="idx.invalid"} 0');
  });

  it('looks once for many who ask at once, over at most two connections', async () => {
    const target = { ...db.target, applicationName: 'scraped' };
    const url = await serve({}, target);
    let most = 0;
    const scraping = new AbortController();
    const watch = (async () => {
      while (!scraping.signal.aborted) {
        const [row] = await db.sql<{ count: number }[]>`
          select count(*)::int as count from pg_stat_activity where application_name = 'scraped health'`;
        most = Math.max(most, row?.count ?? 0);
      }
    })();
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/metrics`)));
    scraping.abort();
    await watch;
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(most).toBeLessThanOrEqual(2);
  });

  it('is alive but not ready, and says bk_db_up 0, when the database is gone', async () => {
    const errors: string[] = [];
    const onError = ({ code }: { code: string }) => errors.push(code);
    const url = await serve({ onError }, { ...db.target, port: 1, host: '127.0.0.1' });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      reason: expect.stringContaining('cannot connect') as string,
    });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.status).toBe(200);
    expect(await metrics.text()).toContain('bk_db_up 0\n');
    await expect.poll(() => errors).toContain('CONNECTION_FAILED');
  });

  it('is ready when the database is there', async () => {
    const response = await fetch(`${await serve()}/healthz`);
    expect([response.status, await response.json()]).toEqual([200, { ready: true }]);
  });

  it('asks for the token, but not for liveness', async () => {
    const url = await serve({ token: 'letmein' });
    const status = async (path: string, authorization = '') =>
      (await fetch(`${url}${path}`, { headers: { authorization } })).status;
    expect(await status('/metrics')).toBe(401);
    expect(await status('/metrics', 'Bearer wrong')).toBe(401);
    expect(await status('/metrics', 'Bearer letmein')).toBe(200);
    expect(await status('/livez')).toBe(200);
  });

  it('knows no other path or method', async () => {
    const url = await serve();
    expect((await fetch(`${url}/etc/passwd`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  });
});
