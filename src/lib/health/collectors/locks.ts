import { ageMs, type Collector } from './collector.js';

/** A session that waits for a lock, and who stands before it: holders and earlier waiters. */
export interface LockWait {
  readonly pid: number;
  /** 0 stands for a prepared transaction. */
  readonly blockers: readonly number[];
  readonly lockType: string;
  readonly mode: string;
  /** The relation's qualified name, when it is of the connected database. */
  readonly relation: string | null;
  /** Null before PostgreSQL 14 for sessions the role may not see. */
  readonly waitMs: number | null;
}

/** Lock waits. pg_locks and pg_blocking_pids are open to every role, so this is complete without any grant. */
export const locks: Collector<readonly LockWait[]> = {
  tier: 'fast',
  collect: (sql, { versionNum }) => {
    const since = versionNum >= 140_000 ? sql`coalesce(l.waitstart, a.query_start)` : sql`a.query_start`;
    return sql<LockWait[]>`
      select distinct on (l.pid)
             l.pid,
             pg_catalog.pg_blocking_pids(l.pid) as blockers,
             l.locktype as "lockType",
             l.mode,
             case when c.oid is not null then n.nspname || '.' || c.relname end as relation,
             ${ageMs(sql, since)} as "waitMs"
        from pg_catalog.pg_locks l
        left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        left join pg_catalog.pg_database d on d.oid = l.database and d.datname = current_database()
        left join pg_catalog.pg_class c on c.oid = l.relation and d.oid is not null
        left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where not l.granted
       order by l.pid`;
  },
};
