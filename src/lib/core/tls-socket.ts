import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { ConnectionTarget, SslSettings } from './connection.js';
import { BkDbError } from './errors.js';

/** PostgreSQL's SSLRequest message: length 8, code 80877103 (protocol 55.2.10). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Opens the socket for postgres.js and negotiates TLS as libpq does for each sslmode; postgres.js alone
 * neither verifies by sslmode nor says that a server speaks no TLS. A failure is reported by the returned socket
 * (destroyed with the error), because a rejected promise would leave postgres.js waiting for ever.
 */
export async function openTlsSocket(target: ConnectionTarget): Promise<Socket> {
  try {
    return await negotiate(target);
  } catch (error) {
    const failed = new Socket();
    process.nextTick(() => failed.destroy(error instanceof Error ? error : new Error(String(error))));
    return failed;
  }
}

async function negotiate(target: ConnectionTarget): Promise<Socket> {
  const { ssl } = target;
  const tlsOptions = await tlsOptionsFor(ssl, target.host);
  const socket = connectTcp({ host: target.host, port: target.port });
  await settled(socket, 'connect', target.connectTimeoutMs);
  socket.write(SSL_REQUEST);
  const [answer] = await settled(socket, 'data', target.connectTimeoutMs);
  if (Buffer.isBuffer(answer) && answer[0] === 0x53) {
    const secured = connectTls({ ...tlsOptions, socket });
    await settled(secured, 'secureConnect', target.connectTimeoutMs);
    return secured;
  }
  if (ssl.mode === 'prefer') return socket;
  socket.destroy();
  throw new BkDbError(
    'CONNECTION_FAILED',
    `the server at ${target.host}:${target.port} does not accept TLS connections`,
    {
      hint: `sslmode is ${ssl.mode}: enable TLS on the server, or choose sslmode=prefer or disable if the network is trusted.`,
    },
  );
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
    readCertificate(ssl.keyFile),
  ]);
  return {
    rejectUnauthorized: verifies,
    ...(ssl.mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
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

/** Waits for one event; rejects on error, on an early close and after the time limit (ms, 0 for none). */
function settled(socket: Socket, event: string, timeoutMs: number): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const timer =
      timeoutMs > 0 ? setTimeout(() => socket.destroy(timeoutError(timeoutMs)), timeoutMs) : undefined;
    const done = (finish: () => void) => {
      clearTimeout(timer);
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
  });
}

function timeoutError(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), {
    code: 'ETIMEDOUT',
    syscall: 'connect',
  });
}
