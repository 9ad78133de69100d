import { describe, expect, test } from 'vitest';
import { BkDbError, InterruptedError, type ErrorCode } from '../../../src/lib/core/errors.js';
import { sqlStateMeaning } from '../../../src/lib/core/sqlstate.js';
import { isServerError, socketFailure, toBkDbError } from '../../../src/lib/core/to-error.js';

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error(`raw ${code}`), { code, ...more });
}

function serverError(code: string, more: object = {}): Error {
  return Object.assign(coded(code, more), { name: 'PostgresError' });
}

describe('SQLSTATE', () => {
  test.each<[string, ErrorCode]>([
    ['28P01', 'CONNECTION_FAILED'],
    ['28000', 'CONNECTION_FAILED'],
    ['3D000', 'NOT_FOUND'],
    ['42P01', 'NOT_FOUND'],
    ['53300', 'CONNECTION_FAILED'],
    ['57P01', 'CONNECTION_FAILED'],
    ['57P03', 'CONNECTION_FAILED'],
    ['57014', 'TIMEOUT'],
    ['55P03', 'TIMEOUT'],
    ['40001', 'TIMEOUT'],
    ['40P01', 'TIMEOUT'],
    ['55006', 'LOCK_HELD'],
    ['42501', 'PERMISSION'],
    ['25006', 'PERMISSION'],
    ['42P04', 'TARGET_NOT_EMPTY'],
    ['53100', 'IO'],
    ['58030', 'IO'],
    ['08006', 'CONNECTION_FAILED'],
  ])('%s is %s', (state, code) => {
    expect(toBkDbError(serverError(state))).toMatchObject({ code, details: { sqlState: state } });
    expect(sqlStateMeaning(state)?.code).toBe(code);
  });

  test('one without a meaning is internal, with its state in the details', () => {
    expect(toBkDbError(serverError('XX000'))).toMatchObject({
      code: 'INTERNAL',
      details: { sqlState: 'XX000' },
    });
  });

  test("the server's hint goes before ours, its detail is kept, query and parameters are dropped", () => {
    const error = toBkDbError(
      serverError('42501', { hint: 'Theirs.', detail: 'why', query: 'CANARY', parameters: ['CANARY'] }),
    );
    expect(error).toMatchObject({ hint: 'Theirs.', details: { sqlState: '42501', detail: 'why' } });
    expect(JSON.stringify([error.message, error.details])).not.toContain('CANARY');
  });
});

describe('sockets', () => {
  test.each(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', 'CONNECT_TIMEOUT', 'CONNECTION_CLOSED'])(
    '%s',
    (code) => {
      expect(toBkDbError(coded(code))).toMatchObject({
        code: 'CONNECTION_FAILED',
        details: { reason: code },
      });
    },
  );

  test('the place is named', () => {
    const error = coded('ECONNREFUSED', { syscall: 'connect', address: '127.0.0.1', port: 5432 });
    expect(toBkDbError(error).message).toBe(
      'cannot reach the PostgreSQL server at 127.0.0.1:5432: nothing listens there',
    );
  });

  test('a socket file that is missing or forbidden is a connection failure, not a file error', () => {
    expect(socketFailure(coded('ENOENT', { syscall: 'connect', path: '/x' }))).toBe('there is no socket /x');
    expect(toBkDbError(coded('EACCES', { syscall: 'connect', path: '/x' })).code).toBe('CONNECTION_FAILED');
  });
});

test.each([
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_OSSL_PEM_NO_START_LINE',
])('%s is a refused TLS connection', (code) => {
  expect(toBkDbError(coded(code))).toMatchObject({
    code: 'CONNECTION_FAILED',
    message: expect.stringMatching(/TLS/) as string,
  });
});

test.each(['ENOSPC', 'EACCES', 'ENOENT', 'EISDIR', 'EROFS'])('%s on a file is IO and names it', (code) => {
  const error = toBkDbError(coded(code, { syscall: 'open', path: '/data/x' }));
  expect(error).toMatchObject({ code: 'IO', details: { reason: code, path: '/data/x' } });
  expect(error.message).toMatch(/^cannot open \/data\/x: /);
});

test('an abort gives the reason, also through a timer', () => {
  const reason = new InterruptedError('SIGTERM');
  const abort = Object.assign(new Error('aborted', { cause: reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });
  expect(toBkDbError(abort)).toBe(reason);
});

test('what is translated already stays the same', () => {
  const error = new BkDbError('IO', 'x');
  expect(toBkDbError(error)).toBe(error);
});

test.each([
  [new Error('boom'), 'boom'],
  ['text', 'text'],
  [new Error(''), 'an unknown error occurred'],
  [undefined, 'undefined'],
])('%s is internal', (thrown, message) => {
  expect(toBkDbError(thrown)).toMatchObject({ code: 'INTERNAL', message });
});

test('isServerError looks at the name, not at the code alone', () => {
  expect(isServerError(serverError('42601'))).toBe(true);
  expect(isServerError(coded('42601'))).toBe(false);
  expect(isServerError('42601')).toBe(false);
});
