import type { Queryable } from '../core/database.js';

/** A table as it was before a migration, by its oid. */
export interface ObservedTable {
  readonly oid: number;
  /** Qualified and quoted where needed. */
  readonly name: string;
  /** Changes when the table is rewritten. */
  readonly file: number;
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
  /** How often this transaction has read the whole table; 0 outside one. */
  readonly scans: number;
}

/** A lock that this session holds on a table. */
export interface ObservedLock {
  readonly oid: number;
  readonly mode: string;
}

/** The state of all tables, and the locks that the session's transaction holds on them. */
export interface Observation {
  readonly tables: ReadonlyMap<number, ObservedTable>;
  readonly locks: readonly ObservedLock[];
}

/** Reads both from the catalogue, without touching a table itself. */
export async function observe(sql: Queryable): Promise<Observation> {
  const tables = await sql<ObservedTable[]>`
    select c.oid::int8::float8 as oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relfilenode::int8::float8 as file,
           (select coalesce(pg_catalog.array_agg(a.attname::text), '{}') from pg_catalog.pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
           (select coalesce(pg_catalog.array_agg(x.relname::text), '{}') from pg_catalog.pg_index i
              join pg_catalog.pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid) as indexes,
           pg_catalog.pg_stat_get_xact_numscans(c.oid)::float8 as scans
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'bk_migrations')`;
  const locks = await sql<ObservedLock[]>`
    select l.relation::int8::float8 as oid, l.mode
      from pg_catalog.pg_locks l
     where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.granted
       and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())`;
  return { tables: new Map(tables.map((table) => [table.oid, table])), locks: [...locks] };
}
