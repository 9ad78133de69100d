import type { Queryable } from '../../core/database.js';
import { onlyRow } from './collector.js';

/** What is known of the server before anything else is asked. */
export interface ServerFacts {
  readonly now: Date;
  readonly version: string;
  readonly versionNum: number;
  readonly inRecovery: boolean;
  readonly startedAt: Date;
  readonly database: string;
  readonly user: string;
  readonly isSuperuser: boolean;
  /** May see the sessions and statistics of others. */
  readonly readsAllStats: boolean;
  readonly readsAllSettings: boolean;
  readonly maxConnections: number;
  readonly reservedConnections: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly autovacuumFreezeMaxAge: number;
  readonly autovacuumMultixactFreezeMaxAge: number;
  readonly dataChecksums: boolean;
  /** Null for a role that may not read it. */
  readonly dataDirectory: string | null;
  /** Whether our own connection is encrypted. */
  readonly usesTls: boolean;
  /** From where we come, as the server sees it; null through a Unix socket. */
  readonly clientAddress: string | null;
  /** The schema of pg_stat_statements in the connected database, null when it is not installed. */
  readonly statementsSchema: string | null;
}

/** Time limits of one transaction of ours, in ms. */
export interface Limits {
  readonly statementMs: number;
  readonly lockMs: number;
}

/**
 * Sets the limits of the running transaction and reads the server's facts, in one round trip.
 * The search path is emptied too, so that no object of a user stands in for one of the catalogue.
 */
export async function readServer(sql: Queryable, { statementMs, lockMs }: Limits): Promise<ServerFacts> {
  return onlyRow(
    await sql<ServerFacts[]>`
      select set_config('statement_timeout', ${String(statementMs)}, true),
             set_config('lock_timeout', ${String(lockMs)}, true),
             set_config('search_path', 'pg_catalog', true),
             set_config('jit', 'off', true),
             clock_timestamp() as now,
             current_setting('server_version') as version,
             current_setting('server_version_num')::int as "versionNum",
             pg_catalog.pg_is_in_recovery() as "inRecovery",
             pg_catalog.pg_postmaster_start_time() as "startedAt",
             current_database()::text as database,
             current_user::text as user,
             (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as "isSuperuser",
             pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') as "readsAllStats",
             pg_catalog.pg_has_role(current_user, 'pg_read_all_settings', 'usage') as "readsAllSettings",
             current_setting('max_connections')::int as "maxConnections",
             current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true)::int, 0) as "reservedConnections",
             extract(epoch from current_setting('idle_in_transaction_session_timeout')::interval)::float8 * 1000
               as "idleInTransactionTimeoutMs",
             current_setting('autovacuum_freeze_max_age')::float8 as "autovacuumFreezeMaxAge",
             current_setting('autovacuum_multixact_freeze_max_age')::float8 as "autovacuumMultixactFreezeMaxAge",
             current_setting('data_checksums') = 'on' as "dataChecksums",
             case when pg_catalog.pg_has_role(current_user, 'pg_read_all_settings', 'usage')
                  then current_setting('data_directory') end as "dataDirectory",
             coalesce((select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()), false) as "usesTls",
             host(inet_client_addr()) as "clientAddress",
             (select n.nspname::text from pg_catalog.pg_extension e
                join pg_catalog.pg_namespace n on n.oid = e.extnamespace
               where e.extname = 'pg_stat_statements') as "statementsSchema"`,
  );
}
