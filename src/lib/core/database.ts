import postgres from 'postgres';
import { describeTarget, isSocketTarget, type ConnectionTarget, type PoolSettings } from './connection.js';
import { BkDbError } from './errors.js';
import { normalPassword } from './normal-password.js';
import { SessionSockets } from './session-sockets.js';
import { isServerError, socketFailure, toBkDbError } from './to-error.js';

/** A pool, in postgres.js's own terms: a tagged template that runs SQL with bound values. */
export type Sql = postgres.Sql;
/** The same inside a transaction. */
export type TransactionSql = postgres.TransactionSql;
/** Whatever can run a query: pool, reserved connection or transaction. */
export type Queryable = postgres.ISql;
/** A piece of SQL to put into a query. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>;

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
  /** When aborted, connecting ends and running statements are cancelled on the server; later ones still run, to clean up. */
  readonly signal?: AbortSignal | undefined;
}

const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Opens a pool and proves that it works by reading the server's version.
 * @throws BkDbError CONNECTION_FAILED, NOT_FOUND (no such database), CONFIG_INVALID (certificates), or the signal's reason.
 */
export async function openDatabase(target: ConnectionTarget, options: OpenOptions = {}): Promise<Database> {
  try {
    return await connect(target, options);
  } catch (cause) {
    if (!mayDoWithoutTls(target, cause)) throw connectFailure(target, cause);
    return openDatabase({ ...target, ssl: { ...target.ssl, mode: 'disable' } }, options);
  }
}

/** As with libpq, `prefer` tries again without TLS where pg_hba.conf lets in only that. */
function mayDoWithoutTls(target: ConnectionTarget, cause: unknown): boolean {
  return (
    target.ssl.mode === 'prefer' && !isSocketTarget(target) && isServerError(cause) && cause.code === '28000'
  );
}

async function connect(target: ConnectionTarget, options: OpenOptions): Promise<Database> {
  const sockets = new SessionSockets(target);
  const sql = postgres(postgresOptions(target, options, sockets));
  const interrupt = () => {
    sockets.interrupt(options.signal?.reason as Error);
  };
  options.signal?.addEventListener('abort', interrupt);
  const close = async () => {
    // Not postgres.js's own wait: it never ends for a session that the server has closed under a query.
    await sockets.waitUntilIdle(CLOSE_TIMEOUT_MS);
    await sql.end({ timeout: 0 });
    await sockets.close();
    options.signal?.removeEventListener('abort', interrupt);
  };
  try {
    const [row] = await sql<
      { version: number }[]
    >`select pg_catalog.current_setting('server_version_num')::int as version`;
    return { sql, target, serverVersion: row?.version ?? 0, close };
  } catch (cause) {
    await close();
    throw cause;
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
  sockets: SessionSockets,
): postgres.Options<Record<string, never>> {
  const password = target.password?.reveal() ?? '';
  const statementTimeoutMs = pool.statementTimeoutMs ?? 0;
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    // A function, because postgres.js takes PGPASSWORD in place of an empty text.
    pass: () => (sockets.scram ? normalPassword(password) : password),
    ssl: false,
    socket: () => sockets.open(),
    max: pool.max ?? 10,
    idle_timeout: seconds(pool.idleTimeoutMs),
    max_lifetime: seconds(pool.maxLifetimeMs),
    connect_timeout: 0,
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
  if (error.code === 'INTERRUPTED') return error;
  if (error.code === 'INTERNAL' && !isServerError(cause)) return error;
  const reason = socketFailure(cause) ?? error.message;
  // Whatever a server says while it lets nobody in is no bug of ours: options it does not know, for one.
  const code = error.code === 'INTERNAL' ? 'CONNECTION_FAILED' : error.code;
  return new BkDbError(code, `cannot connect to ${describeTarget(target)}: ${reason}`, {
    hint: error.hint ?? 'Check the settings with `bk-db config`.',
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
