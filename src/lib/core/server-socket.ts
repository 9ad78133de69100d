import { readFile, stat } from 'node:fs/promises';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { isSocketTarget, type ConnectionTarget, type SslSettings } from './connection.js';
import { BkDbError } from './errors.js';

/** PostgreSQL's SSLRequest message: length 8, code 80877103 (protocol 55.2.10). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Opens a socket to the server up to the point where the protocol begins, with TLS negotiated as libpq does for each
 * sslmode. postgres.js does none of this by itself: it neither verifies by sslmode nor says that a server speaks no
 * TLS, and it cuts IPv6 addresses at their first colon.
 * @param limit destroys the socket when aborted; its reason is the error.
 */
export async function openServerSocket(target: ConnectionTarget, limit: AbortSignal): Promise<Socket> {
  const { ssl } = target;
  if (isSocketTarget(target) || ssl.mode === 'disable') return openPlainSocket(target, limit);
  const options = await tlsOptionsFor(ssl, target.host);
  const plain = await openPlainSocket(target, limit);
  plain.write(SSL_REQUEST);
  const [answer] = await settled(plain, 'data', limit);
  if (Buffer.isBuffer(answer) && answer[0] === 0x53) {
    // More than the one byte would be text that somebody slipped in before encryption began (CVE-2021-23222).
    if (answer.length === 1) return secure(plain, options, target, limit);
    plain.destroy();
    throw new BkDbError('CONNECTION_FAILED', 'unencrypted data came after the answer to the TLS request', {
      hint: 'Somebody may be tampering with the connection.',
    });
  }
  if (ssl.mode === 'prefer') return plain;
  plain.destroy();
  throw new BkDbError(
    'CONNECTION_FAILED',
    `the server at ${target.host}:${target.port} does not accept TLS connections`,
    {
      hint: `sslmode is ${ssl.mode}: enable TLS on the server, or choose sslmode=prefer or disable if the network is trusted.`,
    },
  );
}

async function openPlainSocket(target: ConnectionTarget, limit: AbortSignal): Promise<Socket> {
  const { host, port } = target;
  const socket = connectSocket(
    isSocketTarget(target) ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
  );
  await settled(socket, 'connect', limit);
  return socket;
}

/** With `prefer` a failed handshake leads to a connection without TLS, as with libpq. */
async function secure(
  plain: Socket,
  options: ConnectionOptions,
  target: ConnectionTarget,
  limit: AbortSignal,
): Promise<Socket> {
  const secured = connectTls({ ...options, socket: plain });
  try {
    await settled(secured, 'secureConnect', limit);
    return secured;
  } catch (error) {
    plain.destroy();
    if (target.ssl.mode !== 'prefer' || limit.aborted) throw error;
    return openPlainSocket(target, limit);
  }
}

async function tlsOptionsFor(ssl: SslSettings, host: string): Promise<ConnectionOptions> {
  const verifies = ssl.mode === 'verify-ca' || ssl.mode === 'verify-full';
  if (verifies && ssl.rootCertFile === undefined) {
    throw new BkDbError('CONFIG_INVALID', `sslmode ${ssl.mode} needs a root certificate`, {
      hint: "Set sslrootcert to the authority's file, or to system for the authorities of this machine.",
    });
  }
  const [ca, cert, key] = await Promise.all([
    verifies && ssl.rootCertFile !== 'system' ? readCertificate(ssl.rootCertFile) : undefined,
    readCertificate(ssl.certFile),
    ssl.certFile === undefined ? undefined : readKey(ssl.keyFile, ssl.certFile),
  ]);
  return {
    rejectUnauthorized: verifies,
    ...(ssl.mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** Refuses what libpq refuses: its tools would fail later, in the middle of the work. */
async function readKey(file: string | undefined, certFile: string): Promise<Buffer | undefined> {
  if (file === undefined) {
    throw new BkDbError('CONFIG_INVALID', `the client certificate ${certFile} has no key`, {
      hint: 'Set sslkey to its key file.',
    });
  }
  const key = await readCertificate(file);
  const { mode, uid } = await stat(file);
  // Root's key may be readable for a group, as in libpq.
  if ((mode & (uid === 0 ? 0o037 : 0o077)) !== 0) {
    throw new BkDbError('CONFIG_INVALID', `the client key ${file} can be read by others`, {
      hint: 'Run chmod 600 on it.',
    });
  }
  return key;
}

async function readCertificate(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new BkDbError('CONFIG_INVALID', `cannot read the certificate file ${file}`, {
      hint: 'Check sslrootcert, sslcert and sslkey with `bk-db config`.',
      cause,
    });
  }
}

/** Waits for one event; rejects on error, on an early close and when the limit is aborted. */
function settled(socket: Socket, event: string, limit: AbortSignal): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(limit.reason as Error);
    const done = (finish: () => void) => {
      limit.removeEventListener('abort', abort);
      socket.off(event, onEvent).off('error', onError).off('close', onClose);
      finish();
    };
    const onEvent = (...args: unknown[]) => {
      done(() => {
        resolve(args);
      });
    };
    const onError = (error: Error) => {
      done(() => {
        reject(error);
      });
    };
    const onClose = () => {
      onError(
        Object.assign(new Error('the server closed the connection'), {
          code: 'ECONNRESET',
          syscall: 'connect',
        }),
      );
    };
    socket.once(event, onEvent).once('error', onError).once('close', onClose);
    limit.addEventListener('abort', abort, { once: true });
    if (limit.aborted) abort();
  });
}
