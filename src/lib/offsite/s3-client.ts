import { AwsV4Signer } from 'aws4fetch';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BkDbError } from '../core/errors.js';
import { contentTagOf } from './content-tag.js';
import { isPassing, s3Problem, transportProblem } from './s3-errors.js';
import type { RemoteStore } from './types.js';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Object in the bucket; empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses that are answers rather than failures; default 200 to 299. */
  readonly accept?: readonly number[];
}

/** Sends signed requests to one bucket. */
export interface S3Client {
  readonly send: (request: S3Request) => Promise<Response>;
}

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 400;
/** For one request: a part of 8 MB over a slow line. */
const REQUEST_TIMEOUT_MS = 120_000;

/**
 * Makes a client that tries again, with growing pauses, what failed on the way or with the server (5xx, 429). What was
 * received is compared with what was sent where the server tells its MD5.
 */
export function createS3Client(store: RemoteStore, signal: AbortSignal): S3Client {
  const address = addressOf(store);
  return {
    send: async (request) => {
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        const outcome = await attemptOnce(store, { address, request, signal });
        if (outcome instanceof Response) return outcome;
        if (!outcome.again || attempt === ATTEMPTS) throw outcome.error;
        await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal });
      }
    },
  };
}

interface Failure {
  readonly error: BkDbError;
  readonly again: boolean;
}

interface Attempt {
  readonly address: string;
  readonly request: S3Request;
  readonly signal: AbortSignal;
}

async function attemptOnce(store: RemoteStore, attempt: Attempt): Promise<Response | Failure> {
  const { address, request, signal } = attempt;
  let response: Response;
  try {
    const { url, method, headers } = await sign(store, address, request);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    response = await fetch(url, { method, headers, body: request.body ?? null, signal: limit });
  } catch (error) {
    signal.throwIfAborted();
    return { error: transportProblem(store, error), again: true };
  }
  const expected = request.accept?.includes(response.status) ?? response.ok;
  if (!expected) {
    const text = await response.text().catch(() => '');
    return {
      error: s3Problem(store, request.key, { status: response.status, text }),
      again: isPassing(response.status, text),
    };
  }
  return hasOtherContent(request, response) ? { error: garbled(store, request.key), again: true } : response;
}

/** True for what was received, but as other bytes than were sent. */
function hasOtherContent({ method, body }: S3Request, { headers }: Response): boolean {
  const tag = contentTagOf(headers);
  if (method !== 'PUT' || body === undefined || tag === undefined) return false;
  return tag !== createHash('md5').update(body).digest('hex');
}

function garbled({ bucket }: RemoteStore, key: string): BkDbError {
  return new BkDbError('IO', `s3://${bucket}/${key} was received otherwise than it was sent`, {
    hint: 'Something between here and there changes data; try again, over TLS if it was not.',
  });
}

async function sign(store: RemoteStore, address: string, { method, key, query, headers, body }: S3Request) {
  const { accessKeyId, secretAccessKey, sessionToken } = store.credentials;
  const url = new URL(address + key.split('/').map(encodeSegment).join('/'));
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const signer = new AwsV4Signer({
    url: url.toString(),
    method,
    headers: {
      ...headers,
      'x-amz-content-sha256': createHash('sha256')
        .update(body ?? '')
        .digest('hex'),
    },
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
    service: 's3',
    region: store.region,
  });
  return signer.sign();
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A bucket is a host at Amazon's, unless dots in its name would break the certificate; elsewhere it is a path. */
function addressOf({ bucket, endpoint, region }: RemoteStore): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}/`;
  if (bucket.includes('.')) return `https://s3.${region}.amazonaws.com/${bucket}/`;
  return `https://${bucket}.s3.${region}.amazonaws.com/`;
}
