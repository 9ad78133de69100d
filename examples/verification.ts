/**
 * The life of a verification request through the repository: create, list, claim, record, complete, look back.
 * Run it with `npm run example`; it needs the schema (`bk-db init`) and prints what it did.
 */
import { connect, VerificationRepository } from 'bk-db';

const url = process.env['DATABASE_URL'];
const database = await connect(url === undefined ? { env: process.env } : { url });
try {
  const verification = new VerificationRepository(database.sql);
  const started = new Date();

  const request = await verification.createRequest(
    {
      requestKey: `example-${started.getTime()}`,
      clientId: 'example',
      content: 'Sea level rose by 20 cm between 1901 and 2018.',
      domain: 'empirical',
      priority: 1,
      frameworks: ['empirical', { framework: 'consistency', weight: '0.5' }],
    },
    { actor: 'example' },
  );
  console.log(`created    ${request.requestKey}, priority ${request.priority}, ${request.status}`);

  const pending = await verification.getPendingRequests({ limit: 10 });
  console.log(`pending    ${pending.length} requests, first ${pending[0]?.requestKey ?? 'none'}`);

  const [claimed] = await verification.claimRequests({ worker: 'example', limit: 1, leaseMs: 60_000 });
  if (claimed === undefined) throw new Error('nothing could be claimed');
  for (const { framework } of claimed.frameworks) {
    const result = await verification.recordResult(claimed.id, claimed.claimToken, {
      framework,
      outcome: 'passed',
      score: 0.42,
      executionTimeMs: 120,
    });
    console.log(`recorded   ${result.framework}: ${result.outcome}, score ${result.score ?? '-'}`);
  }
  const metrics = await verification.completeRequest(claimed.id, claimed.claimToken);
  console.log(
    `completed  ${claimed.requestKey}, score ${metrics.overallScore ?? '-'}, risk ${metrics.riskLevel}`,
  );

  const risky = await verification.getHighRisk({ page: { limit: 3 } });
  for (const item of risky.items) {
    console.log(
      `high risk  ${item.request?.requestKey ?? '-'}: ${item.riskLevel}, score ${item.overallScore ?? '-'}`,
    );
  }

  const buckets = await verification.aggregateMetrics({
    from: new Date(started.getTime() - 3_600_000),
    to: new Date(Date.now() + 60_000),
    bucketMs: 3_600_000,
    groupBy: 'framework',
  });
  for (const { framework, results, avgScore, p95Ms } of buckets) {
    console.log(
      `metrics    ${framework ?? 'all'}: ${results} results, mean score ${avgScore ?? '-'}, p95 ${p95Ms ?? '-'} ms`,
    );
  }
} finally {
  await database.close();
}
