import { BkDbError } from './errors.js';
import { sqlStateMeaning } from './sqlstate.js';

/** Node's and postgres.js's names for "there is no usable connection". */
const CONNECTION_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the server closed the connection',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'the network is unreachable',
  ETIMEDOUT: 'the connection timed out',
  EPIPE: 'the server closed the connection',
  EADDRNOTAVAIL: 'the address cannot be used from here',
  CONNECT_TIMEOUT: 'the connection timed out',
  CONNECTION_CLOSED: 'the server closed the connection',
  CONNECTION_ENDED: 'the connection was already closed',
  CONNECTION_DESTROYED: 'the connection was closed while in use',
};

const IO_CODES: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
  EMFILE: 'too many open files',
  EIO: 'input/output error',
  ENOTEMPTY: 'the directory is not empty',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
};

interface CodedError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number | string;
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** True for an error that the PostgreSQL server itself reported; `code` is then its SQLSTATE. */
export function isServerError(error: unknown): error is CodedError & ServerErrorFields {
  return isCoded(error) && error.name === 'PostgresError';
}

/** The fields of a server error that are safe and useful to show. */
export interface ServerErrorFields {
  readonly severity?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly where?: string;
  readonly schema_name?: string;
  readonly table_name?: string;
  readonly constraint_name?: string;
}

/**
 * The only translator from whatever was thrown to a {@link BkDbError}: SQLSTATEs, sockets, files.
 * Parameter values and query texts of postgres.js errors are dropped: they may hold secrets.
 */
export function toBkDbError(error: unknown): BkDbError {
  if (error instanceof BkDbError) return error;
  if (isServerError(error)) return fromServer(error);
  // Node's timers and streams wrap the reason of an abort.
  if (error instanceof Error && error.name === 'AbortError' && error.cause instanceof BkDbError)
    return error.cause;
  if (isCoded(error)) {
    const socket = socketFailure(error);
    if (socket !== undefined) return connectionError(error, socket);
    if (isTlsCode(error.code)) return tlsError(error);
    const file = IO_CODES[error.code];
    if (file !== undefined) return fileError(error, file);
  }
  return internalError(error);
}

/** Why a socket could not be had or was lost, in words; undefined for errors of another kind. */
export function socketFailure(error: unknown): string | undefined {
  if (!isCoded(error) || isServerError(error)) return undefined;
  const known = CONNECTION_CODES[error.code];
  if (known !== undefined && error.syscall !== 'open') return known;
  if (error.syscall !== 'connect') return undefined;
  return error.code === 'ENOENT'
    ? `there is no socket ${error.address ?? error.path ?? ''}`
    : (IO_CODES[error.code] ?? error.code);
}

/** True when the session that gave this error, or its cause, is gone: FATAL from the server, or a lost socket. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isServerError(error)) return error.severity === 'FATAL' || error.severity === 'PANIC';
  if (isCoded(error) && CONNECTION_CODES[error.code] !== undefined) return true;
  return isConnectionLost(error.cause);
}

/** Names of OpenSSL's verification failures that do not say so by themselves. */
const VERIFICATION_CODES = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'SASL_SIGNATURE_MISMATCH',
  'EPROTO',
]);

function isTlsCode(code: string): boolean {
  return /^ERR_(TLS|SSL|OSSL)|CERT|CRL/.test(code) || VERIFICATION_CODES.has(code);
}

function fromServer(error: CodedError & ServerErrorFields): BkDbError {
  const meaning = sqlStateMeaning(error.code);
  return new BkDbError(meaning?.code ?? 'INTERNAL', error.message, {
    hint: error.hint ?? meaning?.hint,
    details: { sqlState: error.code, ...(error.detail === undefined ? {} : { detail: error.detail }) },
    cause: error,
  });
}

function connectionError(error: CodedError, reason: string): BkDbError {
  const place = error.address ?? error.path;
  const where =
    place === undefined ? '' : ` at ${place}${error.port === undefined ? '' : `:${String(error.port)}`}`;
  return new BkDbError('CONNECTION_FAILED', `cannot reach the PostgreSQL server${where}: ${reason}`, {
    hint: 'Check host and port with `bk-db config`, and that the server runs.',
    details: { reason: error.code },
    cause: error,
  });
}

function tlsError(error: CodedError): BkDbError {
  return new BkDbError('CONNECTION_FAILED', `the TLS connection was refused: ${tlsReason(error)}`, {
    hint: 'Check sslmode, sslrootcert, sslcert and sslkey with `bk-db config`.',
    details: { reason: error.code },
    cause: error,
  });
}

/** OpenSSL's own texts are a dump of its error queue; the code says it in words. */
function tlsReason({ code, message }: CodedError): string {
  if (!/^ERR_(SSL|OSSL)/.test(code)) return message;
  return code
    .replace(/^ERR_(SSL|OSSL)_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

function fileError(error: CodedError, reason: string): BkDbError {
  const object = error.path === undefined ? '' : ` ${error.path}`;
  return new BkDbError('IO', `cannot ${error.syscall ?? 'use'}${object}: ${reason}`, {
    hint: 'Check the path, its permissions and the free space.',
    details: { reason: error.code, ...(error.path === undefined ? {} : { path: error.path }) },
    cause: error,
  });
}

function internalError(error: unknown): BkDbError {
  const message = error instanceof Error ? error.message : String(error);
  return new BkDbError('INTERNAL', message === '' ? 'an unknown error occurred' : message, {
    hint: 'This is a bug in bk-db: please report it with the output of the same command and --verbose.',
    cause: error,
  });
}
