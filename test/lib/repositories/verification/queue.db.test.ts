import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { VerificationRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase, onEveryConnection } from '../../../support/schema-database.js';
import { claimOne, newRequest } from './requests.js';

let database: TestDatabase;
let repository: VerificationRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 12 });
  repository = new VerificationRepository(database.sql);
});
beforeEach(async () => {
  await database.sql`delete from verification.requests`;
});
afterAll(async () => {
  await database.drop();
});

/** Lets time pass for a claim without waiting. */
const expireLease = (id: string) =>
  database.sql`update verification.requests set claim_expires_at = now() - interval '1 s' where id = ${id}`;

const RESULT = { framework: 'empirical', outcome: 'passed', score: 0.9, executionTimeMs: 5 } as const;

describe('making requests', () => {
  test('stores the request with its frameworks, on every kind of connection', async () => {
    await onEveryConnection(database.sql, async (kind, connection) => {
      const created = await repository
        .with(connection)
        .createRequest(newRequest({ requestKey: `by-${kind}` }));
      expect(created).toMatchObject({ status: 'pending', priority: 3, attempts: 0, rowVersion: '1' });
      expect(created.deadlineAt.getTime() - created.createdAt.getTime()).toBe(300_000);
    });
    const found = await repository.findByKey('by-reserved', { with: ['frameworks'] });
    expect(found?.frameworks.map(({ framework, weight, required }) => [framework, weight, required])).toEqual(
      [
        ['empirical', '1.0000', true],
        ['contextual', '2.0000', false],
      ],
    );
  });

  test('the six judging frameworks are asked when none is named, and the old name of one is understood', async () => {
    const { id } = await repository.createRequest({
      requestKey: 'plain',
      clientId: 'client',
      content: 'a claim',
    });
    expect((await repository.getRequest(id, { with: ['frameworks'] })).frameworks).toHaveLength(6);
    const renamed = await repository.createRequest(newRequest({ frameworks: ['evolutionary'] }));
    const { frameworks } = await repository.getRequest(renamed.id, { with: ['frameworks'] });
    expect(frameworks.map(({ framework }) => framework)).toEqual(['evolution']);
  });

  test('a request without frameworks is refused at commit', async () => {
    await expect(repository.createRequest(newRequest({ frameworks: [] }))).rejects.toMatchObject({
      kind: 'NoFramework',
    });
    expect(await repository.count()).toBe(0);
  });

  test('a key can be used once', async () => {
    const request = newRequest();
    await repository.createRequest(request);
    await expect(repository.createRequest(request)).rejects.toMatchObject({
      kind: 'Conflict',
      constraint: 'requests_request_key_key',
    });
  });

  test('many at once: all with their ids in order, or none', async () => {
    const requests = Array.from({ length: 30 }, () => newRequest());
    const ids = await repository.createRequests(requests);
    const stored = await repository.getMany(ids);
    expect(stored.map(({ requestKey }) => requestKey)).toEqual(requests.map(({ requestKey }) => requestKey));
    await expect(repository.createRequests([newRequest(), ...requests.slice(0, 1)])).rejects.toMatchObject({
      kind: 'Conflict',
    });
    expect(await repository.count()).toBe(30);
  });

  test('the actor stands in the audit trail', async () => {
    const { id } = await repository.createRequest(newRequest(), { actor: 'ann' });
    expect(await repository.getAuditTrail(id)).toMatchObject([{ event: 'request.created', actor: 'ann' }]);
  });
});

describe('claiming', () => {
  test('is by urgency, then by age', async () => {
    const routine = await repository.createRequest(newRequest({ priority: 5 }));
    const urgent = await repository.createRequest(newRequest({ priority: 1 }));
    const later = await repository.createRequest(newRequest({ priority: 1 }));
    expect((await repository.getPendingRequests()).map(({ id }) => id)).toEqual([
      urgent.id,
      later.id,
      routine.id,
    ]);
    const claimed = await repository.claimRequests({ worker: 'w', limit: 2, leaseMs: 1000 });
    expect(claimed.map(({ id }) => id)).toEqual([urgent.id, later.id]);
    expect(claimed[0]).toMatchObject({ status: 'in_progress', claimedBy: 'w', attempts: 1 });
    expect(claimed[0]?.frameworks).toHaveLength(2);
  });

  test('600 requests and 12 workers: each exactly once', async () => {
    await repository.createRequests(
      Array.from({ length: 600 }, (_, n) => newRequest({ priority: 1 + (n % 5) })),
    );
    const claimed: string[] = [];
    const work = async (worker: number) => {
      for (;;) {
        const batch = await repository.claimRequests({ worker: `w${worker}`, limit: 7, leaseMs: 60_000 });
        if (batch.length === 0) return;
        claimed.push(...batch.map(({ id }) => id));
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, worker) => work(worker)));
    expect(claimed).toHaveLength(600);
    expect(new Set(claimed).size).toBe(600);
  });

  test('takes only requests for the frameworks a worker knows', async () => {
    await repository.createRequest(newRequest({ frameworks: ['utility'] }));
    const options = { worker: 'w', limit: 5, leaseMs: 1000 };
    expect(await repository.claimRequests({ ...options, frameworks: ['empirical'] })).toEqual([]);
    expect(await repository.claimRequests({ ...options, frameworks: ['empirical', 'utility'] })).toHaveLength(
      1,
    );
  });

  test('a released claim is no attempt', async () => {
    const { id } = await repository.createRequest(newRequest());
    const { claimToken } = await claimOne(repository);
    expect(await repository.releaseClaim(id, claimToken)).toBe(true);
    expect(await repository.releaseClaim(id, claimToken)).toBe(false);
    expect(await repository.getRequest(id)).toMatchObject({
      status: 'pending',
      attempts: 0,
      claimToken: null,
    });
  });
});

describe('a lease', () => {
  test('that was reaped can do nothing any more, while the next one can', async () => {
    const { id } = await repository.createRequest(newRequest());
    const lost = await claimOne(repository, 'slow');
    await repository.recordResult(id, lost.claimToken, RESULT);
    await expireLease(id);
    expect(await repository.reclaimExpired()).toBe(1);
    const held = await claimOne(repository, 'next');

    const late = { kind: 'LostLease' };
    await expect(repository.recordResult(id, lost.claimToken, RESULT)).rejects.toMatchObject(late);
    await expect(repository.completeRequest(id, lost.claimToken)).rejects.toMatchObject(late);
    await expect(repository.failRequest(id, lost.claimToken, { reason: 'late' })).rejects.toMatchObject(late);
    expect(await repository.extendClaim(id, lost.claimToken, 1000)).toBe(false);
    expect(await repository.extendClaim(id, held.claimToken, 1000)).toBe(true);
    expect(await repository.completeRequest(id, held.claimToken)).toMatchObject({ requestId: id });
  });

  test('reaped and completed at the same moment ends in one of both', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await repository.createRequest(newRequest());
      const { claimToken } = await claimOne(repository);
      await repository.recordResult(id, claimToken, RESULT);
      await expireLease(id);
      const [completed, reaped] = await Promise.all([
        repository.completeRequest(id, claimToken).then(
          () => true,
          () => false,
        ),
        repository.reclaimExpired(),
      ]);
      const { status } = await repository.getRequest(id);
      expect(status).toBe(completed ? 'completed' : 'pending');
      expect(reaped).toBe(completed ? 0 : 1);
      await repository.delete(id);
    }
  });

  test('reaped on its last attempt fails the request', async () => {
    const { id } = await repository.createRequest(newRequest({ maxAttempts: 1 }));
    await claimOne(repository, 'slow');
    await expireLease(id);
    await repository.reclaimExpired();
    expect(await repository.getRequest(id)).toMatchObject({
      status: 'failed',
      failureReason: 'the lease of slow expired',
    });
  });
});

test('requests past their deadline end, waiting or claimed', async () => {
  const past = new Date(Date.now() - 1000);
  const waiting = await repository.createRequest(newRequest({ deadlineAt: past }));
  const claimed = await repository.createRequest(newRequest());
  await claimOne(repository);
  await repository.update(claimed.id, { deadlineAt: past });
  const open = await repository.createRequest(newRequest());
  expect(await repository.timeoutOverdue()).toBe(2);
  const statuses = (await repository.getMany([waiting.id, claimed.id, open.id])).map(({ status }) => status);
  expect(statuses).toEqual(['timeout', 'timeout', 'pending']);
});
