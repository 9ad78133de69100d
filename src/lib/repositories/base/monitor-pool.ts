import type { Sql } from '../../core/database.js';
import type { QueryHooks } from './monitor.js';

/** The part of postgres.js's lazy query that says when it is sent. */
interface LazyQuery extends Promise<unknown> {
  handle: () => Promise<void>;
}

type Settle = () => void;

/**
 * The same pool, telling `onPool` how many of its `max` connections are in use whenever that changes. postgres.js has
 * no counters of its own, so this counts queries, transactions and reservations that have begun and not ended.
 */
export function monitorPool(sql: Sql, max: number, hooks: QueryHooks): Sql {
  let running = 0;
  const report = () => {
    const busy = Math.min(running, max);
    hooks.onPool?.({ total: max, busy, idle: max - busy, waiting: Math.max(0, running - max) });
  };
  const begin = (): Settle => {
    running++;
    report();
    return () => {
      running--;
      report();
    };
  };
  return new Proxy(sql, {
    apply: (target, self, args: Parameters<Sql>) =>
      countQuery(Reflect.apply(target, self, args) as unknown, begin),
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (key === 'unsafe')
        return (...args: Parameters<Sql['unsafe']>) => countQuery(target.unsafe(...args), begin);
      if (key === 'begin')
        return (...args: Parameters<Sql['begin']>) => countWork(target.begin(...args), begin);
      if (key === 'reserve') return () => countReservation(target, begin);
      return value;
    },
  });
}

/** Fragments are queries that are never sent: only the sending is counted. */
function countQuery(query: unknown, begin: () => Settle): unknown {
  if (!(query instanceof Promise) || !('handle' in query)) return query;
  const lazy = query as LazyQuery;
  const send = lazy.handle.bind(lazy);
  let sent = false;
  lazy.handle = () => {
    if (!sent) {
      sent = true;
      const settle = begin();
      // Not lazy.then, which would send the query.
      void Promise.prototype.then.call(lazy, settle, settle);
    }
    return send();
  };
  return query;
}

function countWork<Result>(work: Promise<Result>, begin: () => Settle): Promise<Result> {
  const settle = begin();
  work.then(settle, settle);
  return work;
}

async function countReservation(sql: Sql, begin: () => Settle) {
  const reserved = await sql.reserve();
  const settle = begin();
  const release = reserved.release.bind(reserved);
  reserved.release = () => {
    release();
    settle();
  };
  return reserved;
}
