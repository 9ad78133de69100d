import type { VerificationRepository } from '../../../../src/lib/repositories/index.js';
import type { ClaimedRequest, NewVerificationRequest } from '../../../../src/lib/repositories/index.js';

let made = 0;

/** A request nobody has made before, about two frameworks of which one is required. */
export function newRequest(values: Partial<NewVerificationRequest> = {}): NewVerificationRequest {
  made++;
  return {
    requestKey: `req-${made}`,
    clientId: 'client',
    content: `claim ${made}`,
    frameworks: ['empirical', { framework: 'contextual', weight: '2', required: false }],
    ...values,
  };
}

/** The next request, claimed. */
export async function claimOne(
  repository: VerificationRepository,
  worker = 'worker',
): Promise<ClaimedRequest> {
  const [claimed] = await repository.claimRequests({ worker, limit: 1, leaseMs: 60_000 });
  if (claimed === undefined) throw new Error('nothing to claim');
  return claimed;
}

/** A request that has run its course with these scores. */
export async function completedRequest(
  repository: VerificationRepository,
  scores: { readonly empirical: number; readonly contextual?: number },
  values: Partial<NewVerificationRequest> = {},
) {
  await repository.createRequest(newRequest({ priority: 1, ...values }));
  const { id, claimToken } = await claimOne(repository);
  for (const framework of ['empirical', 'contextual'] as const) {
    const score = scores[framework];
    if (score === undefined) continue;
    await repository.recordResult(id, claimToken, {
      framework,
      outcome: score >= 0.5 ? 'passed' : 'failed',
      score,
      executionTimeMs: 10,
      findings: score >= 0.5 ? [] : [{ kind: 'contradiction', severity: 'high' }],
    });
  }
  return repository.completeRequest(id, claimToken);
}
