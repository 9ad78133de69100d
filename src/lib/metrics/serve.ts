import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { BkDbError } from '../core/errors.js';
import { toBkDbError } from '../core/to-error.js';
import type { HealthDeps } from '../health/index.js';
import { Observer } from './observe.js';
import { renderMetrics } from './render.js';

export interface ServeOptions {
  /** Told of every examination that failed, for the log. */
  readonly onError: (error: BkDbError) => void;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Asked for as `Authorization: Bearer TOKEN` by all but /livez. */
  readonly token?: string | undefined;
  /** PEM texts; with `clientCa` clients need a certificate of that authority. */
  readonly tls?:
    { readonly cert: string; readonly key: string; readonly clientCa?: string | undefined } | undefined;
}

/** A metrics server that listens; whoever started it closes it. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Serves /metrics, /livez (this process), /readyz and /healthz (the database).
 * @throws the system's error when the address cannot be listened on.
 */
export async function serveMetrics(deps: HealthDeps, options: ServeOptions): Promise<MetricsServer> {
  const observer = new Observer(deps, options);
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void answer(observer, request, options).then((reply) => send(request, response, reply));
  };
  const server = options.tls === undefined ? createServer(listener) : tlsServer(options.tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function tlsServer(
  { cert, key, clientCa }: NonNullable<ServeOptions['tls']>,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ cert, key, ...clients }, listener);
}

async function answer(
  observer: Observer,
  request: IncomingMessage,
  { token, onError }: ServeOptions,
): Promise<Reply> {
  const path = (request.url ?? '/').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET\n');
  if (path === '/livez') return plain(200, 'ok\n');
  if (token !== undefined && !isToken(request.headers.authorization, token))
    return plain(401, 'a bearer token is needed\n');
  try {
    if (path === '/metrics') return await metrics(observer, request.headers.accept ?? '');
    if (path === '/readyz' || path === '/healthz') return await readiness(observer);
    return plain(404, 'there is /metrics, /livez, /readyz and /healthz\n');
  } catch (error) {
    onError(toBkDbError(error));
    return plain(500, 'the examination failed; see the log\n');
  }
}

async function metrics(observer: Observer, accept: string): Promise<Reply> {
  const rendered = await renderMetrics(
    await observer.observe(),
    accept.includes('application/openmetrics-text'),
  );
  return { status: 200, contentType: rendered.contentType, body: rendered.text };
}

async function readiness(observer: Observer): Promise<Reply> {
  const observation = await observer.observe();
  const reason = 'error' in observation ? observation.error.message : undefined;
  const body = JSON.stringify(reason === undefined ? { ready: true } : { ready: false, reason });
  return { status: reason === undefined ? 200 : 503, contentType: 'application/json', body: `${body}\n` };
}

function plain(status: number, body: string): Reply {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body }: Reply,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
function isToken(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}
