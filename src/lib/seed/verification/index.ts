import type { Aggregate, DomainSeed, Fixtures, Row, Rows, RowWriter } from '../fixtures.js';
import { sha256Bytea } from '../hashes.js';
import { auditRows } from './audit.js';
import { frameworkRows, metricsRow, resultRows } from './judgement.js';
import { planRequest, requestRow, REQUESTS_PER_UNIT } from './request.js';

export { planRequest, REQUESTS_PER_UNIT };

/** Claims, their judgements and the audit trail. */
export const verificationSeed: DomainSeed = {
  domain: 'verification',
  needs: [],
  tables: {
    'verification.requests': ['id'],
    'verification.request_frameworks': ['request_id', 'framework'],
    'verification.results': ['id'],
    'verification.request_metrics': ['request_id'],
    'verification.audit_log': ['occurred_at', 'request_id', 'event'],
  },
  roots: { 'verification.requests': { id: 'id', key: 'request_key' } },
  partitioned: ['verification.audit_log'],
  clockTriggers: {
    'verification.requests': ['z_audit_created', 'z_audit_status', 'z_audit_redacted', 'zz_touch'],
  },
  *aggregates(fixtures, unit) {
    for (let i = 0; i < REQUESTS_PER_UNIT; i++)
      yield requestAggregate(fixtures, unit * REQUESTS_PER_UNIT + i);
  },
  write: writeVerification,
};

function requestAggregate(fixtures: Fixtures, k: number): Aggregate {
  const plan = planRequest(fixtures, k);
  const results = resultRows(fixtures, plan);
  return {
    root: 'verification.requests',
    id: plan.id,
    key: plan.key,
    rows: {
      'verification.requests': [requestRow(plan, sha256Bytea(plan.claim.content))],
      'verification.request_frameworks': frameworkRows(plan),
      'verification.results': results,
      'verification.request_metrics': plan.status === 'completed' ? [metricsRow(plan, results)] : [],
      'verification.audit_log': auditRows(plan),
    },
  };
}

const LIFE_CYCLE = [
  'status',
  'attempts',
  'claim_token',
  'claimed_by',
  'claim_expires_at',
  'started_at',
  'finished_at',
  'failure_reason',
  'updated_at',
];

/** Each request arrives, is claimed, judged and finished, so that every guard has its say. */
async function writeVerification(writer: RowWriter, rows: Rows): Promise<void> {
  const requests = rows['verification.requests'] ?? [];
  await writer.insert('verification.requests', requests.map(asPending));
  await writer.insert('verification.request_frameworks', rows['verification.request_frameworks']);
  const claimed = requests.filter((row) => row['started_at'] !== null);
  await writer.update('verification.requests', LIFE_CYCLE, claimed.map(asClaimed));
  await writer.insert('verification.results', rows['verification.results']);
  await writer.insert('verification.request_metrics', rows['verification.request_metrics']);
  const moved = requests.filter((row) => row['status'] !== 'pending');
  await writer.update('verification.requests', LIFE_CYCLE, moved);
  await writer.insert('verification.audit_log', rows['verification.audit_log']);
}

function asPending(row: Row): Row {
  return {
    ...row,
    status: 'pending',
    attempts: 0,
    claim_token: null,
    claimed_by: null,
    claim_expires_at: null,
    started_at: null,
    finished_at: null,
    failure_reason: null,
  };
}

function asClaimed(row: Row): Row {
  return {
    ...row,
    status: 'in_progress',
    claim_token: row['claim_token'] ?? row['id'],
    claimed_by: row['claimed_by'] ?? 'seed',
    claim_expires_at: row['claim_expires_at'] ?? row['deadline_at'],
    finished_at: null,
    failure_reason: null,
  };
}
