import { quoteQualified } from '../../core/database.js';
import { withoutSecrets } from './activity.js';
import type { Collector } from './collector.js';

/** One normalized statement and what its executions cost since the statistics were reset. */
export interface StatementFacts {
  readonly queryId: string;
  readonly user: string | null;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  readonly rows: number;
  /** Of the time of all statements of the database. */
  readonly sharePercent: number;
  readonly blocksHit: number;
  readonly blocksRead: number;
  readonly tempBlocks: number;
  /** The first 1000 characters. */
  readonly query: string;
}

/** The statements of the connected database that took the most time, as pg_stat_statements counts them. */
export const statements: Collector<readonly StatementFacts[]> = {
  tier: 'deep',
  absent: ({ statementsSchema, database }) =>
    statementsSchema === null
      ? `pg_stat_statements is not installed in ${database}: add it to shared_preload_libraries, restart, and create the extension`
      : undefined,
  collect: async (sql, { statementsSchema }) => {
    const view = sql.unsafe(quoteQualified(statementsSchema ?? '', 'pg_stat_statements'));
    const rows = await sql<StatementFacts[]>`
      select s.queryid::text as "queryId",
             r.rolname::text as user,
             s.calls::float8 as calls,
             s.total_exec_time as "totalMs",
             s.mean_exec_time as "meanMs",
             s.max_exec_time as "maxMs",
             s.rows::float8 as rows,
             100 * s.total_exec_time / greatest(sum(s.total_exec_time) over (), 0.001) as "sharePercent",
             s.shared_blks_hit::float8 as "blocksHit",
             s.shared_blks_read::float8 as "blocksRead",
             s.temp_blks_written::float8 as "tempBlocks",
             left(s.query, 1000) as query
        from ${view} s
        left join pg_catalog.pg_roles r on r.oid = s.userid
       where s.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
       order by s.total_exec_time desc
       limit 100`;
    return rows.map((row) => ({ ...row, query: withoutSecrets(row.query) }));
  },
};
