import type { Fragment, Queryable, TransactionSql } from '../../core/database.js';
import type { ServerFacts } from './server.js';

/** What a collector costs: `fast` never locks a relation, `slow` grows with the catalogue, `deep` is on demand. */
export type Tier = 'fast' | 'slow' | 'deep';

/** Reads one part of the snapshot in a read-only transaction that has its time limits set. */
export interface Collector<T> {
  readonly tier: Tier;
  /** Why there is nothing to read on this server, or undefined when there is. */
  readonly absent?: (server: ServerFacts) => string | undefined;
  readonly collect: (sql: TransactionSql, server: ServerFacts) => Promise<T>;
}

/** The first row of a query that always has one. */
export function onlyRow<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('the catalogue query returned no row');
  return row;
}

/** Milliseconds since a time, null for null, never negative although clocks are set back. */
export function ageMs(sql: Queryable, time: Fragment) {
  return sql`(case when ${time} > clock_timestamp() then 0
                   else extract(epoch from clock_timestamp() - ${time}) * 1000 end)::float8`;
}
