import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The bounds OpenTelemetry advises for db.client.operation.duration. */
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** The metrics of a registry, made once however often they are asked for. */
export function instruments(registry: Registry) {
  const registers = [registry];
  return {
    queries: once(registry, 'bk_db_queries_total', (name) => {
      const labelNames = ['operation', 'table', 'status'] as const;
      const help = 'Queries that have ended; status ok or error.';
      return new Counter({ name, help, labelNames, registers, collect: collectPending });
    }),
    queryDuration: once(registry, 'bk_db_query_duration_seconds', (name) => {
      const labelNames = ['operation', 'table'] as const;
      const help = 'Time of a query as its caller saw it, with the wait for a connection.';
      const buckets = DURATION_BUCKETS;
      return new Histogram({ name, help, labelNames, buckets, registers, collect: collectPending });
    }),
    errors: once(registry, 'bk_db_errors_total', (name) => {
      const labelNames = ['sqlstate_class', 'operation'] as const;
      const help = 'Queries that failed, by the first two characters of SQLSTATE; none without one.';
      return new Counter({ name, help, labelNames, registers });
    }),
    transactions: once(registry, 'bk_db_transactions_total', (name) => {
      const labelNames = ['status'] as const;
      const help = 'Transactions that have ended; status committed or rolled_back.';
      return new Counter({ name, help, labelNames, registers });
    }),
    transactionDuration: once(registry, 'bk_db_transaction_duration_seconds', (name) => {
      const help = 'Time of a transaction with all its retries.';
      return new Histogram({ name, help, buckets: DURATION_BUCKETS, registers });
    }),
    retries: once(registry, 'bk_db_transaction_retries_total', (name) => {
      const help = 'Times a transaction ran again after a serialization failure or deadlock.';
      return new Counter({ name, help, registers });
    }),
    connections: once(registry, 'bk_db_pool_connections', (name) => {
      const help = 'Connections the pool may open; state busy or idle.';
      return new Gauge({ name, help, labelNames: ['state'] as const, registers });
    }),
    waiting: once(registry, 'bk_db_pool_waiting', (name) => {
      const help = 'Queries, transactions and reservations beyond the connections of the pool.';
      return new Gauge({ name, help, registers });
    }),
  };
}

const pending = new WeakMap<object, Set<() => void>>();

/** Has this called before any of the metrics is read. */
export function beforeRead(metrics: readonly object[], flush: () => void): void {
  for (const metric of metrics) pending.set(metric, (pending.get(metric) ?? new Set()).add(flush));
}

function collectPending(this: object): void {
  for (const flush of pending.get(this) ?? []) flush();
}

function once<Metric>(registry: Registry, name: string, make: (name: string) => Metric): Metric {
  return (registry.getSingleMetric(name) as Metric | undefined) ?? make(name);
}
