import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VerificationRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import { claimOne, completedRequest, newRequest } from './requests.js';

let database: TestDatabase;
let repository: VerificationRepository;

beforeAll(async () => {
  database = await createSchemaDatabase();
  repository = new VerificationRepository(database.sql);
});
afterAll(async () => {
  await database.drop();
});

async function claimed() {
  await repository.createRequest(newRequest());
  const { id, claimToken } = await claimOne(repository);
  return { id, token: claimToken };
}

describe('results', () => {
  test('the same lease may correct one; what the correction leaves out is gone', async () => {
    const { id, token } = await claimed();
    await repository.recordResult(id, token, {
      framework: 'empirical',
      outcome: 'error',
      error: 'no network',
      executionTimeMs: 5,
    });
    const corrected = await repository.recordResult(id, token, {
      framework: 'empirical',
      outcome: 'passed',
      score: 0.9,
      executionTimeMs: 7,
    });
    expect(corrected).toMatchObject({ outcome: 'passed', score: 0.9, error: null, executionTimeMs: 7 });
    expect((await repository.getRequest(id, { with: ['results'] })).results).toEqual([corrected]);
    await repository.cancelRequest(id, 'done');
  });

  test.each([
    [{ framework: 'utility', outcome: 'passed', score: 0.5 }, 'Reference'],
    [{ framework: 'empirical', outcome: 'passed' }, 'Check'],
    [{ framework: 'empirical', outcome: 'passed', score: 1.1 }, 'Check'],
    [{ framework: 'empirical', outcome: 'passed', score: Number.NaN }, 'Check'],
    [{ framework: 'empirical', outcome: 'error', score: 0.1, error: 'x' }, 'Check'],
    [{ framework: 'empirical', outcome: 'maybe', score: 0.1 }, 'BadValue'],
  ] as const)('%o is refused as %s', async (result, kind) => {
    const { id, token } = await claimed();
    const recorded = repository.recordResult(id, token, { ...result, executionTimeMs: 1 } as never);
    await expect(recorded).rejects.toMatchObject({ kind });
    await repository.cancelRequest(id, 'done');
  });
});

describe('completion', () => {
  test('weighs the scores, and counts what has no result as skipped', async () => {
    const metrics = await completedRequest(repository, { empirical: 0.3, contextual: 0.9 });
    expect(metrics).toMatchObject({
      overallScore: 0.7,
      riskLevel: 'low',
      minScore: 0.3,
      maxScore: 0.9,
      frameworksTotal: 2,
      frameworksPassed: 1,
      frameworksFailed: 1,
      totalExecutionMs: '20',
      riskFactors: [{ framework: 'empirical', outcome: 'failed', score: 0.3 }],
    });
    expect(await completedRequest(repository, { empirical: 0.2 })).toMatchObject({
      overallScore: 0.2,
      riskLevel: 'critical',
      frameworksSkipped: 1,
    });
  });

  test('without a required result is refused and changes nothing', async () => {
    const { id, token } = await claimed();
    await expect(repository.completeRequest(id, token)).rejects.toMatchObject({
      kind: 'MissingResults',
      message: expect.stringContaining('empirical') as string,
    });
    expect(await repository.getRequest(id)).toMatchObject({ status: 'in_progress', claimToken: token });
    await repository.cancelRequest(id, 'done');
  });

  test('happens once', async () => {
    const { id, token } = await claimed();
    await repository.recordResult(id, token, {
      framework: 'empirical',
      outcome: 'passed',
      score: 1,
      executionTimeMs: 1,
    });
    const attempts = await Promise.allSettled(
      Array.from({ length: 4 }, () => repository.completeRequest(id, token)),
    );
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await repository.getAuditTrail(id)).map(({ event }) => event)).toEqual([
      'request.created',
      'request.in_progress',
      'request.completed',
    ]);
  });

  test('sees every result that was on its way', async () => {
    for (let round = 0; round < 20; round++) {
      const { id, token } = await claimed();
      const result = { outcome: 'passed', score: 1, executionTimeMs: 1 } as const;
      await repository.recordResult(id, token, { framework: 'empirical', ...result });
      const [late, metrics] = await Promise.all([
        repository.recordResult(id, token, { framework: 'contextual', ...result }).then(
          () => true,
          () => false,
        ),
        repository.completeRequest(id, token),
      ]);
      expect(metrics.frameworksPassed).toBe(late ? 2 : 1);
    }
  });

  test('does not divide by a weight of zero', async () => {
    const frameworks = [{ framework: 'empirical', weight: '0' }] as const;
    expect(await completedRequest(repository, { empirical: 0.9 }, { frameworks })).toMatchObject({
      overallScore: null,
      riskLevel: 'critical',
    });
  });
});

describe('failure and cancellation', () => {
  test('retry goes back to the queue while attempts are left', async () => {
    await repository.createRequest(newRequest({ maxAttempts: 2 }));
    const first = await claimOne(repository);
    const failure = { reason: 'out of memory', retry: true };
    expect(await repository.failRequest(first.id, first.claimToken, failure)).toMatchObject({
      status: 'pending',
      finishedAt: null,
    });
    const second = await claimOne(repository);
    expect(await repository.failRequest(second.id, second.claimToken, failure)).toMatchObject({
      status: 'failed',
      failureReason: 'out of memory',
      finishedAt: expect.any(Date) as Date,
    });
  });

  test('what has ended stays as it ended', async () => {
    const { requestId } = await completedRequest(repository, { empirical: 0.9 });
    await expect(repository.cancelRequest(requestId, 'too late')).rejects.toMatchObject({
      kind: 'IllegalTransition',
    });
    await expect(
      database.sql`delete from verification.results where request_id = ${requestId}`,
    ).rejects.toMatchObject({
      code: 'ZB002',
    });
    await expect(repository.cancelRequest('00000000-0000-7000-8000-000000000000', 'x')).rejects.toMatchObject(
      {
        kind: 'NotFound',
      },
    );
  });
});

describe('asking again', () => {
  test('is a new request about the same, and the old results stay', async () => {
    const { requestId } = await completedRequest(
      repository,
      { empirical: 0.9 },
      { content: 'water boils at 100 C' },
    );
    const again = await repository.reverify(requestId, { priority: 1 });
    expect(again).toMatchObject({
      reverifiesId: requestId,
      content: 'water boils at 100 C',
      status: 'pending',
      priority: 1,
    });
    const both = await repository.getMany([requestId, again.id]);
    const [old, next] = await repository.loadRelations(both, ['frameworks', 'results']);
    expect(next?.frameworks.map(({ framework, weight }) => [framework, weight])).toEqual(
      old?.frameworks.map(({ framework, weight }) => [framework, weight]),
    );
    expect([old?.results.length, next?.results.length]).toEqual([1, 0]);
    await repository.cancelRequest(again.id, 'done');
  });

  test('earlier judgements of the same content are found, the newest of each framework', async () => {
    const content = 'the earth is round';
    await completedRequest(repository, { empirical: 0.6, contextual: 0.8 }, { content });
    const { requestId } = await completedRequest(repository, { empirical: 0.95 }, { content });
    const search = { maxAgeMs: 60_000, frameworks: ['empirical', 'contextual', 'utility'] } as const;
    const prior = await repository.findPriorResults(content, search);
    expect(prior.map(({ framework, score }) => [framework, score])).toEqual([
      ['empirical', 0.95],
      ['contextual', 0.8],
    ]);
    await repository.redactContent(requestId, 'ann');
    expect((await repository.findPriorResults(content, search)).map(({ score }) => score)).toEqual([
      0.6, 0.8,
    ]);
    expect(await repository.findPriorResults('the earth is flat', search)).toEqual([]);
  });
});
