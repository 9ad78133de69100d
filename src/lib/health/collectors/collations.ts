import type { Collector } from './collector.js';

/** A collation of the connected database whose provider sorts by another version than the indexes were built with. */
export interface CollationMismatch {
  readonly name: string;
  readonly recorded: string;
  readonly actual: string;
  /** Indexes that use it, at most 20, quoted. */
  readonly indexes: readonly string[];
}

/** Collations with indexes whose version changed under them. */
export const collations: Collector<readonly CollationMismatch[]> = {
  tier: 'slow',
  collect: (sql) => sql<CollationMismatch[]>`
    select n.nspname || '.' || c.collname as name,
           c.collversion as recorded,
           v.actual,
           array(select pg_catalog.format('%I.%I', xn.nspname, x.relname)
                   from pg_catalog.pg_index i
                   join pg_catalog.pg_class x on x.oid = i.indexrelid
                   join pg_catalog.pg_namespace xn on xn.oid = x.relnamespace
                  where c.oid = any(i.indcollation)
                  order by 1 limit 20) as indexes
      from pg_catalog.pg_collation c
      join pg_catalog.pg_namespace n on n.oid = c.collnamespace
      cross join lateral (select pg_catalog.pg_collation_actual_version(c.oid) as actual) v
     where c.collversion is not null and v.actual is not null and c.collversion <> v.actual
       and exists (select from pg_catalog.pg_depend d
                    where d.refclassid = 'pg_catalog.pg_collation'::regclass and d.refobjid = c.oid)
     order by 1
     limit 50`,
};
