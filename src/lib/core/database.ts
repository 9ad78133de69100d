import postgres from 'postgres';
import { describeTarget, isSocketTarget, type ConnectionTarget, type PoolSettings } from './connection.js';
import { BkDbError } from './errors.js';
import { openTlsSocket } from './tls-socket.js';
import { toBkDbError } from './to-error.js';

/** A pool, in postgres.js's own terms: a tagged template that runs SQL with bound values. */
export type Sql = postgres.Sql;
/** The same inside a transaction. */
export type TransactionSql = postgres.TransactionSql;
/** Whatever can run a query: pool, reserved connection or transaction. */
export type Queryable = postgres.ISql;

/** An open client; whoever opened it closes it. */
export interface Database {
  readonly sql: Sql;
  readonly target: ConnectionTarget;
  /** The server's version as PostgreSQL counts it, such as 150018. */
  readonly serverVersion: number;
  /** Ends every connection; running queries get five seconds. Never throws. */
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly pool?: Partial<PoolSettings>;
  /** Told of every NOTICE and WARNING of the server. */
  readonly onNotice?: (notice: { readonly severity: string; readonly message: string }) => void;
}

const CLOSE_TIMEOUT_SECONDS = 5;

/**
 * Opens a pool and proves that it works by reading the server's version.
 * @throws BkDbError CONNECTION_FAILED, NOT_FOUND (no such database), CONFIG_INVALID (certificates).
 */
export async function openDatabase(target: ConnectionTarget, options: OpenOptions = {}): Promise<Database> {
  const sql = postgres(postgresOptions(target, options));
  const close = () => sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  try {
    const [row] = await sql<
      { version: number }[]
    >`select current_setting('server_version_num')::int as version`;
    return { sql, target, serverVersion: row?.version ?? 0, close };
  } catch (cause) {
    await close();
    throw connectFailure(target, cause);
  }
}

/** Opens a client with one connection, hands it to the work, and closes it whatever happens. */
export async function withDatabase<T>(
  target: ConnectionTarget,
  options: OpenOptions,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(target, { ...options, pool: { ...options.pool, max: 1 } });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

function postgresOptions(
  target: ConnectionTarget,
  { pool = {}, onNotice }: OpenOptions,
): postgres.Options<Record<string, never>> {
  const plain = target.ssl.mode === 'disable' || isSocketTarget(target);
  const statementTimeoutMs = pool.statementTimeoutMs ?? 0;
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    pass: target.password?.reveal() ?? '',
    ssl: false,
    ...(plain ? {} : { socket: () => openTlsSocket(target) }),
    max: pool.max ?? 10,
    idle_timeout: seconds(pool.idleTimeoutMs),
    max_lifetime: seconds(pool.maxLifetimeMs),
    connect_timeout: seconds(target.connectTimeoutMs) ?? 0,
    prepare: pool.prepare ?? true,
    onnotice: (notice) =>
      onNotice?.({ severity: notice['severity'] ?? 'NOTICE', message: notice['message'] ?? '' }),
    connection: {
      application_name: target.applicationName,
      ...(target.options === undefined ? {} : { options: target.options }),
      ...(statementTimeoutMs > 0 ? { statement_timeout: statementTimeoutMs } : {}),
    },
  } as postgres.Options<Record<string, never>>;
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined || ms === 0 ? null : Math.max(ms / 1000, 0.001);
}

function connectFailure(target: ConnectionTarget, cause: unknown): BkDbError {
  const error = toBkDbError(cause);
  if (error.code === 'INTERNAL') return error;
  return new BkDbError(error.code, `cannot connect to ${describeTarget(target)}: ${error.message}`, {
    hint: error.hint,
    details: error.details,
    cause,
  });
}

/** Quotes a name for SQL that cannot bind it, such as CREATE DATABASE. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A schema-qualified, quoted name. */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** Quotes a text for SQL that cannot bind it, such as a message of several statements; libpq's rule for literals. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new BkDbError('USAGE', 'a text for PostgreSQL must not contain a NUL');
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
