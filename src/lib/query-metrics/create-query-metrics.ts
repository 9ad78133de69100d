import { register, type Registry } from 'prom-client';
import type { PoolEvent, QueryEvent, QueryHooks, TransactionEvent } from '../repositories/index.js';
import { beforeRead, instruments } from './instruments.js';
import { QuerySeries } from './query-series.js';

type Instruments = ReturnType<typeof instruments>;

/** Tables beyond this share the label `other`: a program that makes tables must not bring Prometheus down. */
const MAX_TABLES = 200;

/**
 * Hooks that feed prom-client: queries, errors, transactions and the pool. Give them to repositories and `monitorPool`.
 * Labels are operations, table names and classes of SQLSTATE, never a value. Call it once for each pool: pools that
 * share a registry (prom-client's global one unless given) share the metrics, and their connections add up.
 */
export function createQueryMetrics(registry: Registry = register): Required<QueryHooks> {
  const metrics = instruments(registry);
  return {
    onQuery: queryRecorder(metrics),
    onTransaction: transactionRecorder(metrics),
    onPool: poolRecorder(metrics),
  };
}

function queryRecorder(metrics: Instruments) {
  const tables = new Map<string, Map<string, QuerySeries>>();
  beforeRead([metrics.queries, metrics.queryDuration], () => {
    for (const operations of tables.values()) for (const series of operations.values()) series.flush();
  });
  return ({ operation, table, ms, error }: QueryEvent): void => {
    const label = tables.has(table) || tables.size < MAX_TABLES ? table : 'other';
    const operations = obtain(tables, label, () => new Map<string, QuerySeries>());
    const series = obtain(operations, operation, () => new QuerySeries(metrics, operation, label));
    series.record(ms / 1_000, error === undefined);
    if (error !== undefined)
      metrics.errors.inc({ sqlstate_class: error.sqlState?.slice(0, 2) ?? 'none', operation });
  };
}

function transactionRecorder({ transactions, transactionDuration, retries }: Instruments) {
  const ended = {
    committed: transactions.labels({ status: 'committed' }),
    rolledBack: transactions.labels({ status: 'rolled_back' }),
  };
  return ({ ms, outcome, retries: times }: TransactionEvent): void => {
    transactionDuration.observe(ms / 1_000);
    ended[outcome].inc();
    if (times > 0) retries.inc(times);
  };
}

function poolRecorder({ connections, waiting }: Instruments) {
  const busy = connections.labels({ state: 'busy' });
  const idle = connections.labels({ state: 'idle' });
  let last = { busy: 0, idle: 0, waiting: 0 };
  return (event: PoolEvent): void => {
    // Differences, so that several pools add up in one gauge.
    busy.inc(event.busy - last.busy);
    idle.inc(event.idle - last.idle);
    waiting.inc(event.waiting - last.waiting);
    last = { busy: event.busy, idle: event.idle, waiting: event.waiting };
  };
}

function obtain<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
