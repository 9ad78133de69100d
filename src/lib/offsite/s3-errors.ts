import { BkDbError, type ErrorCode } from '../core/errors.js';
import { textOf } from './s3-xml.js';
import type { RemoteStore } from './types.js';

const CODES: Readonly<Record<number, ErrorCode>> = { 401: 'PERMISSION', 403: 'PERMISSION', 404: 'NOT_FOUND' };

const HINTS: Readonly<Record<number, string>> = {
  401: 'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the region, and the rights of the key.',
  403: 'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the region, and the rights of the key.',
  404: 'Create the bucket, or correct its name in BK_DB_REMOTE.',
};

/** Said by the server of a request that was spoiled on its way. */
const SPOILED = ['XAmzContentSHA256Mismatch', 'BadDigest', 'IncompleteBody', 'RequestTimeout'];

/** True where the same request may do better. */
export function isPassing(status: number, text: string): boolean {
  return status >= 500 || status === 429 || SPOILED.includes(textOf(text, 'Code') ?? '');
}

/** What the server refused, in its own words: `<Code>` and `<Message>` hold no secret, all else of its answer is left out. */
export function s3Problem(
  { bucket }: RemoteStore,
  key: string,
  { status, text }: { readonly status: number; readonly text: string },
): BkDbError {
  const code = textOf(text, 'Code');
  const message = textOf(text, 'Message');
  const said = [code, message].filter((word) => word !== undefined && word !== '').join(': ');
  return new BkDbError(
    CODES[status] ?? (status >= 500 ? 'CONNECTION_FAILED' : 'IO'),
    `s3://${bucket}/${key} was answered with status ${status}${said === '' ? '' : ` (${said})`}`,
    {
      hint: HINTS[status] ?? 'Try again later; what was sent already is not sent again.',
      details: { status, s3Code: code ?? null },
    },
  );
}

/** The server was not reached, or went away. */
export function transportProblem({ bucket, endpoint }: RemoteStore, error: unknown): BkDbError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const why = timedOut ? 'no answer in time' : (code ?? 'the connection broke');
  return new BkDbError(
    'CONNECTION_FAILED',
    `the object storage of bucket ${bucket} cannot be reached: ${why}`,
    {
      hint: 'Try again: what was sent already is not sent again.',
      details: { endpoint: endpoint === undefined ? null : new URL(endpoint).host, problem: why },
    },
  );
}
