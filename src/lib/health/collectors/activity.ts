import { ageMs, type Collector } from './collector.js';

/** One server process, as far as the role may see it. */
export interface Session {
  readonly pid: number;
  readonly database: string | null;
  readonly user: string | null;
  readonly applicationName: string | null;
  readonly backendType: string | null;
  readonly backendStart: Date | null;
  readonly state: string | null;
  readonly transactionAgeMs: number | null;
  readonly queryAgeMs: number | null;
  readonly stateAgeMs: number | null;
  readonly waitEventType: string | null;
  readonly waitEvent: string | null;
  /** Transactions since its snapshot: what it keeps vacuum from removing. */
  readonly xminAge: number | null;
  /** The first 1000 characters. */
  readonly query: string | null;
  /** True when the role may not see what the session does. */
  readonly hidden: boolean;
  readonly ours: boolean;
}

/** Every server process. */
export const activity: Collector<readonly Session[]> = {
  tier: 'fast',
  collect: async (sql) => {
    const rows = await sql<Session[]>`
      select a.pid,
             a.datname::text as database,
             a.usename::text as user,
             a.application_name as "applicationName",
             a.backend_type as "backendType",
             a.backend_start as "backendStart",
             a.state,
             ${ageMs(sql, sql`a.xact_start`)} as "transactionAgeMs",
             ${ageMs(sql, sql`a.query_start`)} as "queryAgeMs",
             ${ageMs(sql, sql`a.state_change`)} as "stateAgeMs",
             a.wait_event_type as "waitEventType",
             a.wait_event as "waitEvent",
             greatest(age(a.backend_xmin), age(a.backend_xid))::float8 as "xminAge",
             case when a.state = 'idle' then null else left(a.query, 1000) end as query,
             coalesce(a.query = '<insufficient privilege>', false) as hidden,
             a.pid = pg_catalog.pg_backend_pid() as ours
        from pg_catalog.pg_stat_activity a`;
    return rows.map((row) => ({ ...row, query: row.query === null ? null : withoutSecrets(row.query) }));
  },
};

/** A statement that sets a password must not travel into reports. */
export function withoutSecrets(query: string): string {
  return /\bpassword\b/i.test(query) ? '(not shown: it mentions a password)' : query;
}

/** Whether the process counts against max_connections; a hidden one is judged by its database. */
export function isClient(session: Session): boolean {
  return session.hidden ? session.database !== null : session.backendType === 'client backend';
}

const REPORTED_CHARACTERS = 200;

/** As much of a statement as reports carry. */
export function beginningOf(query: string | null): string | null {
  return query === null ? null : query.slice(0, REPORTED_CHARACTERS);
}
