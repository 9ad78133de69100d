import type { Collector } from './collector.js';

/** One index as far as it can be told from another. */
export interface IndexFacts {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly method: string;
  /** Per key column: attribute, operator class, collation and order, in one text. */
  readonly keys: readonly string[];
  /** Attribute numbers of the key columns; 0 stands for an expression. */
  readonly columns: readonly number[];
  readonly included: readonly number[];
  /** Expressions and predicate as the catalogue keeps them, without positions. */
  readonly expressions: string | null;
  readonly predicate: string | null;
  /** The column of a predicate that is no more than `column is not null`. */
  readonly notNullColumn: number | null;
  readonly valid: boolean;
  readonly unique: boolean;
  /** True when a constraint or the replica identity rests on it. */
  readonly needed: boolean;
  /** Approximate, from the planner's page count. */
  readonly sizeBytes: number;
  readonly scans: number;
  /** Scans of its table by any way; 0 means that nobody reads it. */
  readonly tableScans: number;
}

/**
 * The indexes of ordinary tables of the connected database. Expressions are compared as stored trees:
 * pg_get_expr would wait for whoever holds the table.
 */
export const indexes: Collector<readonly IndexFacts[]> = {
  tier: 'deep',
  collect: (sql) => sql<IndexFacts[]>`
    select n.nspname::text as schema,
           t.relname::text as table,
           c.relname::text as name,
           m.amname::text as method,
           array(select pg_catalog.format('%s %s %s %s', i.indkey[k], i.indclass[k], i.indcollation[k], i.indoption[k])
                   from generate_series(0, i.indnkeyatts - 1) k order by k) as keys,
           array(select i.indkey[k]::int from generate_series(0, i.indnkeyatts - 1) k order by k) as columns,
           array(select i.indkey[k]::int from generate_series(i.indnkeyatts, i.indnatts - 1) k order by k) as included,
           regexp_replace(i.indexprs::text, ':location -?\\d+', '', 'g') as expressions,
           regexp_replace(i.indpred::text, ':location -?\\d+', '', 'g') as predicate,
           substring(i.indpred::text from
             '^\\(?\\{NULLTEST :arg \\{VAR [^{}]*:varattno (\\d+) [^{}]*\\} :nulltesttype 1 [^{}]*\\}\\)?$')::int
             as "notNullColumn",
           i.indisvalid as valid,
           i.indisunique as unique,
           i.indisprimary or i.indisexclusion or i.indisreplident
             or exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) as needed,
           c.relpages::float8 * current_setting('block_size')::int as "sizeBytes",
           coalesce(pg_catalog.pg_stat_get_numscans(c.oid), 0)::float8 as scans,
           coalesce(s.seq_scan, 0)::float8 + coalesce(s.idx_scan, 0)::float8 as "tableScans"
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relkind = 'i' and c.relpersistence <> 't'
      join pg_catalog.pg_class t on t.oid = i.indrelid
      join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      join pg_catalog.pg_am m on m.oid = c.relam
      left join pg_catalog.pg_stat_all_tables s on s.relid = t.oid
     where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     order by n.nspname, t.relname, c.relname`,
};

/** A foreign key of a table that exists. */
export interface ForeignKeyFacts {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly references: string;
  readonly columns: readonly number[];
  readonly columnNames: readonly string[];
  /** The planner's estimate for the referencing table. */
  readonly rows: number;
}

/** Foreign keys of the connected database; those of partitions follow from their parents'. */
export const foreignKeys: Collector<readonly ForeignKeyFacts[]> = {
  tier: 'deep',
  collect: (sql) => sql<ForeignKeyFacts[]>`
    select n.nspname::text as schema,
           c.relname::text as table,
           k.conname::text as name,
           rn.nspname || '.' || r.relname as references,
           k.conkey::int[] as columns,
           array(select a.attname::text from unnest(k.conkey) with ordinality u (num, place)
                   join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num
                  order by u.place) as "columnNames",
           greatest(c.reltuples, 0)::float8 as rows
      from pg_catalog.pg_constraint k
      join pg_catalog.pg_class c on c.oid = k.conrelid and c.relkind = 'r'
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_class r on r.oid = k.confrelid
      join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
     where k.contype = 'f'
     order by c.reltuples desc, n.nspname, c.relname, k.conname`,
};
