import {
  insertOne,
  listRows,
  sql,
  type Executor,
  type Filter,
  type Page,
  type PageOptions,
} from '../base/index.js';
import type { Severity } from '../vocabulary.js';
import { auditLog, type AuditEntry, type NewAuditEntry } from './tables.js';

/** Appends an entry to the audit trail. Changes of a request's status are entered by the database itself. */
export async function appendAudit(executor: Executor, entry: NewAuditEntry): Promise<AuditEntry> {
  return executor.one(
    { method: 'appendAudit', operation: 'insert', table: auditLog, row: auditLog.row },
    sql`${insertOne(auditLog, entry)} returning ${auditLog.select()}`,
  );
}

/** Everything that happened to a request, the first first; also after the request itself is gone. */
export async function getAuditTrail(executor: Executor, requestId: string): Promise<AuditEntry[]> {
  return executor.rows(
    { method: 'getAuditTrail', operation: 'select', table: auditLog, row: auditLog.row },
    sql`select ${auditLog.select()} from verification.audit_log
      where request_id = ${requestId} order by occurred_at, audit_id`,
  );
}

export interface AuditSearch {
  readonly minSeverity?: Severity;
  readonly event?: string;
  readonly actor?: string;
  readonly from: Date;
  /** Excluded. */
  readonly to: Date;
}

/** Entries of a span of time, the latest first. The span decides which partitions are read. */
export async function searchAudit(
  executor: Executor,
  { minSeverity, event, actor, from, to }: AuditSearch,
  page: PageOptions = {},
): Promise<Page<AuditEntry>> {
  const filter: Filter<AuditEntry> = {
    occurredAt: { gte: from, lt: to },
    ...(minSeverity === undefined ? {} : { severity: { gte: minSeverity } }),
    ...(event === undefined ? {} : { event }),
    ...(actor === undefined ? {} : { actor }),
  };
  // Said literally, for the planner cannot see in a parameter that the partial index applies.
  const important = minSeverity !== undefined && minSeverity !== 'debug' && minSeverity !== 'info';
  return listRows(
    executor,
    {
      method: 'searchAudit',
      table: auditLog,
      ...(important ? { condition: sql`r.severity >= 'warning'` } : {}),
    },
    { ...page, filter },
  );
}
