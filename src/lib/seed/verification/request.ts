import type { Fixtures } from '../fixtures.js';
import { at, type Random } from '../random.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, plus, SECOND_MS } from '../timeline.js';
import { drawClaim, type Claim } from './claims.js';

/** Requests in a unit of scale. */
export const REQUESTS_PER_UNIT = 600;

const TIMEOUT_SECONDS = 300;
const CLIENTS = [
  'newsroom',
  'policy-lab',
  'clinic-west',
  'open-archive',
  'city-council',
  'climate-watch',
  'school-board',
  'fact-desk',
  'gallery-nine',
  'legal-aid',
  'maker-space',
  'field-station',
];
const WORKERS = ['verifier-1', 'verifier-2', 'verifier-3', 'verifier-4'];

export type RequestStatus = 'pending' | 'in_progress' | 'completed' | 'failed' | 'timeout' | 'cancelled';

/** What becomes of a request, decided before its rows are made. */
export interface RequestPlan {
  readonly k: number;
  readonly id: string;
  readonly key: string;
  readonly client: string;
  readonly claim: Claim;
  readonly status: RequestStatus;
  readonly priority: number;
  readonly createdAt: Date;
  readonly worker: string | undefined;
  readonly claimToken: string | undefined;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly redactedAt: Date | undefined;
  readonly reverifiesId: string | undefined;
}

/** Out of a hundred: 3 pending, 2 in progress, 4 failed, 2 timed out, 2 cancelled, 87 completed. */
function statusOf(k: number): RequestStatus {
  const share = (k * 37 + 11) % 100;
  if (share < 3) return 'pending';
  if (share < 5) return 'in_progress';
  if (share < 9) return 'failed';
  if (share < 11) return 'timeout';
  if (share < 13) return 'cancelled';
  return 'completed';
}

/** Plans request `k`; a re-verification asks about the same claim as an earlier request, some days later. */
export function planRequest(fixtures: Fixtures, k: number): RequestPlan {
  const random = fixtures.random('verification.requests', k);
  const status = statusOf(k);
  const original = status === 'completed' && k % 60 === 59 ? earlierCompleted(fixtures, k) : undefined;
  const claim = original?.claim ?? drawClaim(random);
  const createdAt =
    original === undefined
      ? arrival(fixtures, random, status)
      : fixtures.timeline.after(original.createdAt, random.integer(1, 72) * HOUR_MS);
  return {
    k,
    id: random.uuid(createdAt),
    key: `req-${String(k + 1).padStart(6, '0')}`,
    client: original?.client ?? at(CLIENTS, zipf(random, CLIENTS.length)),
    claim,
    status,
    priority: random.weighted([
      [1, 4],
      [2, 12],
      [3, 54],
      [4, 18],
      [5, 12],
    ]),
    createdAt,
    ...course(fixtures, k, createdAt),
    reverifiesId: original?.id,
  };
}

/** When the request was taken up, ended and redacted, and by whom. */
function course(fixtures: Fixtures, k: number, createdAt: Date) {
  const random = fixtures.random('verification.requests.course', k);
  const status = statusOf(k);
  const { timeline } = fixtures;
  const claimed = status === 'completed' || status === 'failed' || status === 'in_progress';
  const startedAt = claimed ? timeline.after(createdAt, random.logNormal(3 * SECOND_MS, 0.8)) : undefined;
  const finishedAt = end();
  return {
    worker: claimed ? random.pick(WORKERS) : undefined,
    claimToken: claimed && startedAt !== undefined ? random.uuid(startedAt) : undefined,
    startedAt,
    finishedAt,
    redactedAt:
      status === 'completed' && k % 200 === 110 && finishedAt !== undefined
        ? timeline.after(finishedAt, random.integer(1, 48) * HOUR_MS)
        : undefined,
  };

  function end(): Date | undefined {
    if (status === 'timeout') return plus(createdAt, TIMEOUT_SECONDS * SECOND_MS);
    if (status === 'cancelled') return timeline.after(createdAt, random.logNormal(40 * SECOND_MS, 0.7));
    if (status === 'failed')
      return timeline.after(startedAt ?? createdAt, random.logNormal(20 * SECOND_MS, 0.6));
    if (status === 'completed')
      return timeline.after(startedAt ?? createdAt, random.logNormal(1.8 * SECOND_MS, 0.6));
    return undefined;
  }
}

/** Open requests are recent; the others are spread over the period. */
function arrival({ timeline }: Fixtures, random: Random, status: RequestStatus): Date {
  if (status === 'pending') return timeline.before(random.integer(5, 240) * SECOND_MS);
  if (status === 'in_progress') return timeline.before(random.integer(10, 120) * SECOND_MS);
  return timeline.workday(random);
}

function earlierCompleted(fixtures: Fixtures, k: number): RequestPlan | undefined {
  for (let j = k - 7; j > k - 30; j--) {
    if (statusOf(j) !== 'completed' || j % 60 === 59) continue;
    const plan = planRequest(fixtures, j);
    if (plan.createdAt < fixtures.timeline.before(4 * DAY_MS)) return plan;
  }
  return undefined;
}

/** A rank below `size`: the second half as often as the first, the third a third as often. */
function zipf(random: Random, size: number): number {
  return random.weighted(Array.from({ length: size }, (_, rank) => [rank, 1 / (rank + 1)] as const));
}

/** The row of `verification.requests`, as it is in the end. */
export function requestRow(plan: RequestPlan, contentSha256: string) {
  const { status, createdAt, startedAt } = plan;
  const open = status === 'in_progress' && startedAt !== undefined;
  return {
    id: plan.id,
    request_key: plan.key,
    client_id: plan.client,
    mode: plan.claim.domain === 'ethical' ? 'consensus' : 'individual',
    content_type: 'claim',
    content: plan.redactedAt === undefined ? plan.claim.content : null,
    content_sha256: contentSha256,
    domain: plan.claim.domain,
    context: { locale: 'en', channel: plan.k % 3 === 0 ? 'batch' : 'api' },
    source_metadata: { fixture: true },
    priority: plan.priority,
    status,
    timeout_seconds: TIMEOUT_SECONDS,
    deadline_at: plus(createdAt, TIMEOUT_SECONDS * SECOND_MS),
    attempts: plan.worker === undefined ? 0 : 1,
    max_attempts: 3,
    claim_token: open ? plan.claimToken : null,
    claimed_by: open ? plan.worker : null,
    claim_expires_at: open ? plus(startedAt, 2 * MINUTE_MS) : null,
    started_at: startedAt ?? null,
    finished_at: plan.finishedAt ?? null,
    failure_reason: status === 'failed' ? 'the worker lost its connection to the evidence store' : null,
    reverifies_id: plan.reverifiesId ?? null,
    redacted_at: plan.redactedAt ?? null,
    created_at: createdAt,
    updated_at: plan.redactedAt ?? plan.finishedAt ?? startedAt ?? createdAt,
  };
}
