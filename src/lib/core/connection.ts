import type { SslMode } from './config/settings.js';
import type { Secret } from './secret.js';

/** How TLS is done; files are absolute paths, `system` as root certificate means the platform's authorities. */
export interface SslSettings {
  readonly mode: SslMode;
  readonly rootCertFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** One database on one server, with all that is needed to reach it: by postgres.js and by libpq's tools alike. */
export interface ConnectionTarget {
  /** Host name, address, or the directory of a Unix socket (starts with `/`). */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret | undefined;
  readonly database: string;
  readonly ssl: SslSettings;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  /** Server options of the session, as PGOPTIONS gives them. */
  readonly options: string | undefined;
}

/** The pool of a client; times in ms, 0 means no limit. */
export interface PoolSettings {
  readonly max: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly statementTimeoutMs: number;
  /** False behind a pooler in transaction mode that does not track prepared statements. */
  readonly prepare: boolean;
}

/** TLS is off: for Unix sockets and the embedded server. */
export const NO_SSL: SslSettings = {
  mode: 'disable',
  rootCertFile: undefined,
  certFile: undefined,
  keyFile: undefined,
};

/** True when the target is reached through a Unix socket. */
export function isSocketTarget(target: ConnectionTarget): boolean {
  return target.host.startsWith('/');
}

/** The target in words, without its password: `user@host:port/database`. */
export function describeTarget(target: ConnectionTarget): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const place = isSocketTarget(target) ? target.host : `${host}:${target.port}`;
  return `${target.user}@${place}/${target.database}`;
}

/** The same server and role, another database. */
export function withDatabase(target: ConnectionTarget, database: string): ConnectionTarget {
  return { ...target, database };
}
