import { sign } from 'aws4';
import { execa } from 'execa';
import { createHash } from 'node:crypto';
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const S3RVER = fileURLToPath(new URL('../../node_modules/s3rver/bin/s3rver.js', import.meta.url));

/** The key pair that s3rver knows; it checks signatures with it. */
const KEYS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
export const BUCKET = 'backups';

/** An object storage in a process of its own, behind a door that checks signatures, which s3rver does not. */
export async function startS3() {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-s3-'));
  const server: { port: number; kill: () => Promise<void> } = { port: 0, kill: () => Promise.resolve() };
  const start = async () => {
    const args = ['-d', directory, '-a', '127.0.0.1', '-p', String(server.port), '--no-vhost-buckets'];
    const running = execa(process.execPath, [S3RVER, ...args, '--configure-bucket', BUCKET], {
      reject: false,
    });
    server.kill = async () => {
      running.kill('SIGKILL');
      await running;
    };
    server.port = await new Promise<number>((resolve, reject) => {
      running.stdout.on('data', (piece: Buffer) => {
        const found = /listening on \S+:(\d+)/.exec(piece.toString())?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      void running.then(({ stderr }) => reject(new Error(stderr)));
    });
  };
  onTestFinished(async () => {
    await server.kill();
    await rm(directory, { recursive: true, force: true });
  });
  await start();
  const bareUrl = `http://127.0.0.1:${server.port}`;
  const url = await startDoor(bareUrl);
  return { directory, bareUrl, url, start, kill: () => server.kill(), env: environmentFor(url) };
}

/** Refuses what Amazon would refuse: a signature that aws4 does not come to as well, content of another hash. */
async function startDoor(target: string): Promise<string> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      const problem = problemOf(request, body);
      if (problem === undefined) pass(target, { request, response, body });
      else {
        const [status, code] = problem;
        response.writeHead(status).end(`<Error><Code>${code}</Code><Message>refused</Message></Error>`);
      }
    });
  });
  return listen(server);
}

function problemOf({ headers, method, url }: IncomingMessage, body: Buffer): [number, string] | undefined {
  const [, key, region, signedHeaders, given] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d+\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (key !== KEYS.AWS_ACCESS_KEY_ID) return [403, 'InvalidAccessKeyId'];
  const signed = (signedHeaders ?? '').split(';');
  const own = Object.fromEntries(signed.map((name) => [name, String(headers[name] ?? '')]));
  const options = {
    service: 's3',
    region: region ?? '',
    method: method ?? '',
    path: url ?? '',
    headers: own,
  };
  const expected = sign(options, { accessKeyId: key, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY });
  const authorization = String(expected.headers?.['Authorization']);
  if (!signed.includes('host') || given === undefined || !authorization.endsWith(`Signature=${given}`))
    return [403, 'SignatureDoesNotMatch'];
  const hash = createHash('sha256').update(body).digest('hex');
  return headers['x-amz-content-sha256'] === hash ? undefined : [400, 'XAmzContentSHA256Mismatch'];
}

interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

function pass(target: string, { request, response, body }: Passing): void {
  const { method, headers, url } = request;
  const upstream = forward(new URL(target), { method, headers, path: url }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.on('error', () => response.destroy()).pipe(response);
  });
  upstream.on('error', () => response.destroy());
  upstream.end(body);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What leads bk-db to an object storage. */
export function environmentFor(url: string): Record<string, string> {
  return { ...KEYS, AWS_ENDPOINT_URL_S3: url, BK_DB_REMOTE: `s3://${BUCKET}/nightly/pg` };
}

export type Interference = 'pass' | 'drop' | 'unavailable' | 'garble';

/** A proxy before the storage that does what a bad line does, as `decide` says for each request. */
export async function startBadLine(
  target: string,
  decide: (request: IncomingMessage, number: number) => Interference,
) {
  let number = 0;
  const server = createServer((request, response) => {
    number += 1;
    const what = decide(request, number);
    if (what === 'drop') request.socket.destroy();
    else if (what === 'unavailable') answerUnavailable(request, response);
    else relay(target, { request, response, garble: what === 'garble' });
  });
  const url = await listen(server);
  return { url, env: environmentFor(url) };
}

function answerUnavailable(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(503).end('<Error><Code>SlowDown</Code><Message>later</Message></Error>');
}

interface Relay {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly garble: boolean;
}

function relay(target: string, { request, response, garble }: Relay): void {
  const { method, headers, url } = request;
  const upstream = forward(new URL(target), { method, headers, path: url }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  let first = true;
  request.on('data', (piece: Buffer) => {
    if (garble && first && piece.length > 0) piece[0] = (piece[0] ?? 0) ^ 1;
    first = false;
    upstream.write(piece);
  });
  request.on('end', () => upstream.end());
  request.on('error', () => upstream.destroy());
}
