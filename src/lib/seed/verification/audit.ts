import type { RequestPlan } from './request.js';

const SEVERITY: Readonly<Record<string, string>> = { failed: 'error', timeout: 'warning' };

/** The rows of `verification.audit_log` that the triggers would have written at the time. */
export function auditRows(plan: RequestPlan) {
  const { status, createdAt, startedAt, finishedAt, redactedAt } = plan;
  const claimed = startedAt !== undefined;
  return [
    entry(createdAt, 'request.created', 'pending', { attempts: 0 }),
    ...(claimed
      ? [
          entry(startedAt, 'request.in_progress', 'in_progress', {
            from: 'pending',
            attempts: 1,
            claimed_by: plan.worker,
          }),
        ]
      : []),
    ...(finishedAt === undefined
      ? []
      : [
          entry(finishedAt, `request.${status}`, status, {
            from: claimed ? 'in_progress' : 'pending',
            attempts: claimed ? 1 : 0,
          }),
        ]),
    ...(redactedAt === undefined ? [] : [entry(redactedAt, 'content.redacted', status, { attempts: 1 })]),
  ];

  function entry(at: Date, event: string, state: string, facts: object) {
    return {
      occurred_at: at,
      event,
      severity: event === 'content.redacted' ? 'info' : (SEVERITY[state] ?? 'info'),
      actor_kind: 'system',
      actor: plan.worker !== undefined && event !== 'request.created' ? plan.worker : plan.client,
      request_id: plan.id,
      request_key: plan.key,
      client_id: plan.client,
      data: { status: state, ...facts },
    };
  }
}
