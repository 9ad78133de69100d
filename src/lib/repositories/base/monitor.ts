import { isServerError } from '../../core/to-error.js';
import { RepositoryError } from './repository-error.js';

/** What a query does; `call` is a whole repository method. */
export type Operation = 'select' | 'insert' | 'update' | 'delete' | 'copy' | 'call';

/** What a query is called in metrics: closed sets only, never a value or an id. */
export interface QueryLabels {
  readonly operation: Operation;
  /** Such as `verification.requests`. */
  readonly table: string;
  /** The repository method, such as `claimRequests`. */
  readonly method: string;
}

/** Why a query failed, without a word of its values. */
export interface QueryFailure {
  readonly sqlState: string | undefined;
  /** The kind of a RepositoryError, else the error's name. */
  readonly kind: string;
}

/** One finished query; `ms` includes the wait for a connection. */
export interface QueryEvent extends QueryLabels {
  readonly ms: number;
  readonly rows: number;
  readonly error?: QueryFailure;
}

/** One finished transaction; `retries` are the times it ran again after a serialization failure or deadlock. */
export interface TransactionEvent {
  readonly ms: number;
  readonly outcome: 'committed' | 'rolledBack';
  readonly retries: number;
}

/** The pool's connections; `waiting` counts queries beyond them, which may be sent ahead on a busy connection. */
export interface PoolEvent {
  readonly total: number;
  readonly idle: number;
  readonly busy: number;
  readonly waiting: number;
}

/** Where measurements go. Parameters and query texts are never among them. A hook must not throw. */
export interface QueryHooks {
  readonly onQuery?: (event: QueryEvent) => void;
  readonly onTransaction?: (event: TransactionEvent) => void;
  readonly onPool?: (event: PoolEvent) => void;
}

/** Runs the work and reports it as one query. */
export async function monitorQuery<Result>(
  hooks: QueryHooks,
  labels: QueryLabels,
  work: () => Promise<Result>,
): Promise<Result> {
  const { onQuery } = hooks;
  if (onQuery === undefined) return work();
  const start = performance.now();
  try {
    const result = await work();
    onQuery(queryEvent(labels, { start, rows: rowCount(result) }));
    return result;
  } catch (error) {
    onQuery(queryEvent(labels, { start, rows: 0, error }));
    throw error;
  }
}

interface QueryEnd {
  /** `performance.now()` at its beginning, ms. */
  readonly start: number;
  readonly rows: number;
  readonly error?: unknown;
}

/** What is told of a query that has just ended. */
export function queryEvent(
  { operation, table, method }: QueryLabels,
  { start, rows, error }: QueryEnd,
): QueryEvent {
  const event = { operation, table, method, ms: performance.now() - start, rows };
  return error === undefined ? event : { ...event, error: queryFailure(error) };
}

/** Runs the work and reports it as one transaction; the work counts its retries with `countRetry`. */
export async function monitorTransaction<Result>(
  hooks: QueryHooks,
  work: (countRetry: () => void) => Promise<Result>,
): Promise<Result> {
  const { onTransaction } = hooks;
  const start = performance.now();
  let retries = 0;
  let outcome: TransactionEvent['outcome'] = 'rolledBack';
  try {
    const result = await work(() => retries++);
    outcome = 'committed';
    return result;
  } finally {
    onTransaction?.({ ms: performance.now() - start, outcome, retries });
  }
}

function rowCount(result: unknown): number {
  if (typeof result === 'number') return result;
  if (typeof result === 'boolean') return result ? 1 : 0;
  if (Array.isArray(result)) return result.length;
  if (typeof result !== 'object' || result === null) return 0;
  return 'items' in result && Array.isArray(result.items) ? result.items.length : 1;
}

function queryFailure(error: unknown): QueryFailure {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return {
    sqlState: isServerError(cause) ? cause.code : undefined,
    kind: error instanceof RepositoryError ? error.kind : error instanceof Error ? error.name : typeof error,
  };
}
