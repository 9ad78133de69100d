import type { Queryable } from '../../core/database.js';
import {
  BaseRepository,
  type Filter,
  type ListOptions,
  type Order,
  type Page,
  type PageOptions,
  type Related,
} from '../base/index.js';
import type { QueryHooks } from '../base/monitor.js';
import type { FrameworkKind } from '../vocabulary.js';
import * as audit from './audit.js';
import * as intake from './intake.js';
import * as metrics from './metrics.js';
import * as queue from './queue.js';
import * as retention from './retention.js';
import * as statistics from './statistics.js';
import {
  requestRelations,
  requests,
  type AuditEntry,
  type NewAuditEntry,
  type NewResult,
  type Request,
  type RequestMetrics,
  type Result,
} from './tables.js';
import type {
  ClientStatistics,
  FailingPattern,
  FrameworkPerformance,
  MetricBucket,
  RiskCount,
} from './types.js';
import * as verdict from './verdict.js';

type RequestRelation = keyof typeof requestRelations;
interface WithRelations<Names extends RequestRelation> {
  readonly with?: readonly Names[];
}

/** Requests to verify claims: their queue, the judgements of the frameworks, metrics and the audit trail. */
export class VerificationRepository extends BaseRepository<typeof requests, typeof requestRelations> {
  constructor(db: Queryable, hooks?: QueryHooks) {
    super(db, requests, { relations: requestRelations, hooks });
  }

  /** Stores a request and the frameworks it asks; `actor` appears in the audit trail. */
  async createRequest(
    request: intake.NewRequest,
    { actor }: { readonly actor?: string } = {},
  ): Promise<Request> {
    return intake.createRequest(this.executor, request, actor);
  }

  /** Stores many requests, all or none; returns their ids in order. */
  async createRequests(newRequests: readonly intake.NewRequest[]): Promise<string[]> {
    return intake.createRequests(this.executor, newRequests);
  }

  /** The request with this id. @throws RepositoryError NotFound. */
  async getRequest<Names extends RequestRelation = never>(
    id: string,
    options: WithRelations<Names> = {},
  ): Promise<Request & Related<typeof requestRelations, Names>> {
    return this.get(id, options);
  }

  /** The request with the client's own key, undefined when there is none. */
  async findByKey<Names extends RequestRelation = never>(
    requestKey: string,
    options: WithRelations<Names> = {},
  ): Promise<(Request & Related<typeof requestRelations, Names>) | undefined> {
    return this.findOne({ requestKey }, options);
  }

  /** The next requests in the queue, most urgent first, without claiming them. */
  async getPendingRequests({
    limit = 10,
    clientId,
  }: { readonly limit?: number; readonly clientId?: string } = {}): Promise<Request[]> {
    return queue.getPendingRequests(this.executor, limit, clientId);
  }

  /** Takes the next waiting requests, each by exactly one worker however many ask at once. */
  async claimRequests(options: queue.ClaimOptions): Promise<queue.ClaimedRequest[]> {
    return queue.claimRequests(this.executor, options);
  }

  /** Holds a claim longer, from now on; false when it was lost. */
  async extendClaim(id: string, token: string, leaseMs: number): Promise<boolean> {
    return queue.extendClaim(this.executor, { id, token, leaseMs });
  }

  /** Gives a claim back untried: the attempt does not count. False when it was lost. */
  async releaseClaim(id: string, token: string): Promise<boolean> {
    return queue.releaseClaim(this.executor, id, token);
  }

  /** Stores a framework's judgement; the same lease may correct it. @throws RepositoryError LostLease. */
  async recordResult(id: string, token: string, result: NewResult): Promise<Result> {
    return verdict.recordResult(this.executor, { id, token }, result);
  }

  /** Completes a request and aggregates its results. @throws RepositoryError LostLease, MissingResults. */
  async completeRequest(id: string, token: string): Promise<RequestMetrics> {
    return verdict.completeRequest(this.executor, { id, token });
  }

  /** Ends a request as failed; with `retry` it waits again while attempts are left. @throws RepositoryError LostLease. */
  async failRequest(
    id: string,
    token: string,
    failure: { readonly reason: string; readonly retry?: boolean },
  ): Promise<Request> {
    return verdict.failRequest(this.executor, { id, token }, failure);
  }

  /** Ends a request nobody wants any more. @throws RepositoryError IllegalTransition when it has ended, NotFound. */
  async cancelRequest(id: string, reason: string): Promise<Request> {
    return verdict.cancelRequest(this.executor, id, reason);
  }

  /** Takes back requests whose lease has run out: pending again, or failed when their attempts are used up. */
  async reclaimExpired(limit = 100): Promise<number> {
    return queue.reclaimExpired(this.executor, limit);
  }

  /** Ends requests past their deadline, waiting or claimed; returns how many. */
  async timeoutOverdue(limit = 100): Promise<number> {
    return queue.timeoutOverdue(this.executor, limit);
  }

  /** Asks again what an earlier request asked; its results stay as they are. @throws RepositoryError NotFound. */
  async reverify(id: string, overrides?: Partial<intake.NewRequest>): Promise<Request> {
    const original = await this.get(id, { with: ['frameworks'] });
    return intake.reverify(this.executor, original, overrides);
  }

  /** Judgements of the same content: the newest of each framework, from requests of that age at most. */
  async findPriorResults(
    content: string,
    options: { readonly maxAgeMs: number; readonly frameworks: readonly FrameworkKind[] },
  ): Promise<Result[]> {
    return statistics.findPriorResults(this.executor, content, options);
  }

  /** Removes the content of a request for good; its hash, results and trail stay. @throws RepositoryError NotFound. */
  async redactContent(id: string, actor: string): Promise<void> {
    return retention.redactContent(this.executor, id, actor);
  }

  /** A page of requests, the latest first unless ordered otherwise. */
  async listRequests(
    filter: Filter<Request> = {},
    page: PageOptions & { readonly order?: Order<Request> } = {},
  ): Promise<Page<Request>> {
    return this.list({ ...page, filter });
  }

  /** A page of the requests that are being worked on, the latest first. */
  async getActiveRequests(page: PageOptions = {}): Promise<Page<Request>> {
    return this.list({ ...page, filter: { status: 'in_progress' } });
  }

  /** A page of the requests made from `from` until before `to`, the latest first. */
  async getRequestsByTimeframe(
    { from, to, clientId }: { readonly from: Date; readonly to: Date; readonly clientId?: string },
    page: PageOptions = {},
  ): Promise<Page<Request>> {
    const client: ListOptions<Request>['filter'] = clientId === undefined ? {} : { clientId };
    return this.list({ ...page, filter: { createdAt: { gte: from, lt: to }, ...client } });
  }

  /** A page of completed requests of a risk level, the latest first. */
  async getHighRisk(options: statistics.HighRiskOptions = {}): Promise<Page<statistics.MetricsWithRequest>> {
    return statistics.getHighRisk(this.executor, options);
  }

  /** How many requests completed since then have each risk level, from low to critical. */
  async riskDistribution(since: Date): Promise<RiskCount[]> {
    return statistics.riskDistribution(this.executor, since);
  }

  /** What became of a client's requests since then. */
  async clientStatistics(clientId: string, since: Date): Promise<ClientStatistics> {
    return statistics.clientStatistics(this.executor, clientId, since);
  }

  /** How a framework has judged since then. */
  async frameworkPerformance(framework: FrameworkKind, since: Date): Promise<FrameworkPerformance> {
    return statistics.frameworkPerformance(this.executor, framework, since);
  }

  /** The kinds of findings that recur among low scores, the most frequent first. */
  async failingPatterns(options: statistics.FailingPatternOptions): Promise<FailingPattern[]> {
    return statistics.failingPatterns(this.executor, options);
  }

  /** Results per bucket of time, optionally per framework. */
  async aggregateMetrics(options: metrics.AggregateOptions): Promise<MetricBucket[]> {
    return metrics.aggregateMetrics(this.executor, options);
  }

  /** Stores the buckets that are over; returns how many changed. */
  async rollupMetrics(span: metrics.BucketOptions): Promise<number> {
    return metrics.rollupMetrics(this.executor, span);
  }

  /** Appends an entry to the audit trail. */
  async appendAudit(entry: NewAuditEntry): Promise<AuditEntry> {
    return audit.appendAudit(this.executor, entry);
  }

  /** Everything that happened to a request, the first first; also after the request itself is gone. */
  async getAuditTrail(requestId: string): Promise<AuditEntry[]> {
    return audit.getAuditTrail(this.executor, requestId);
  }

  /** A page of the audit trail, the latest first. */
  async searchAudit(search: audit.AuditSearch, page?: PageOptions): Promise<Page<AuditEntry>> {
    return audit.searchAudit(this.executor, search, page);
  }

  /** Deletes requests that ended before then; returns how many. The audit trail stays. */
  async purgeRequests(options: { readonly finishedBefore: Date; readonly batch?: number }): Promise<number> {
    return retention.purgeRequests(this.executor, options);
  }
}
