import type { Collector } from './collector.js';

/** An index that queries or constraints cannot rely on. */
export interface InvalidIndex {
  readonly schema: string;
  readonly name: string;
  readonly table: string;
  /** True for the index of a partitioned table that lacks some partition's index. */
  readonly partitioned: boolean;
  /** True for what a failed REINDEX CONCURRENTLY left behind. */
  readonly leftover: boolean;
}

/** Invalid indexes of the connected database that nobody is building right now. */
export const invalidIndexes: Collector<readonly InvalidIndex[]> = {
  tier: 'slow',
  collect: (sql) => sql<InvalidIndex[]>`
    select n.nspname::text as schema,
           c.relname::text as name,
           t.relname::text as table,
           c.relkind = 'I' as partitioned,
           c.relname ~ '_cc(new|old)[0-9]*$' as leftover
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_class t on t.oid = i.indrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where not (i.indisvalid and i.indisready)
       and not exists (select from pg_catalog.pg_stat_progress_create_index p
                        where p.index_relid = i.indexrelid or p.relid = i.indrelid)
     order by n.nspname, c.relname
     limit 100`,
};
