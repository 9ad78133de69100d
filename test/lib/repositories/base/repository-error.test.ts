import { expect, test } from 'vitest';
import {
  isRepositoryError,
  RepositoryError,
  toRepositoryError,
} from '../../../../src/lib/repositories/base/repository-error.js';

function serverError(code: string, fields: Record<string, string> = {}): Error {
  return Object.assign(new Error('the server said no'), { name: 'PostgresError', code, ...fields });
}

test.each([
  ['ZB001', 'IllegalTransition'],
  ['ZB002', 'Immutable'],
  ['ZB003', 'VotingClosed'],
  ['ZB004', 'StaleBallot'],
  ['ZB005', 'FrozenColumn'],
  ['ZB006', 'CoalitionSize'],
  ['ZB007', 'LedgerOnly'],
  ['ZB008', 'InactiveNode'],
  ['ZB009', 'HierarchyCycle'],
  ['ZB010', 'NoFramework'],
  ['ZB011', 'RequestNotInProgress'],
  ['ZB012', 'NoQuorum'],
  ['23505', 'Conflict'],
  ['23503', 'Reference'],
  ['23514', 'Check'],
  ['22P02', 'BadValue'],
  ['40001', 'Retryable'],
  ['40P01', 'Retryable'],
  ['57014', 'Timeout'],
  ['55P03', 'Timeout'],
] as const)('%s is %s', (code, kind) => {
  const cause = serverError(code, {
    constraint_name: 'a_rule',
    schema_name: 'verification',
    table_name: 'requests',
  });
  const error = toRepositoryError(cause);
  expect(isRepositoryError(error, kind)).toBe(true);
  expect(error).toMatchObject({
    message: 'the server said no',
    constraint: 'a_rule',
    cause,
    details: { kind, constraint: 'a_rule', table: 'verification.requests', sqlState: code },
  });
});

test('what is no refusal is translated as everywhere else', () => {
  expect(toRepositoryError(serverError('42501')).code).toBe('PERMISSION');
  expect(toRepositoryError(serverError('53300')).code).toBe('CONNECTION_FAILED');
  expect(toRepositoryError(new TypeError('bug')).code).toBe('INTERNAL');
});

test('a refusal passes through unchanged', () => {
  const error = new RepositoryError('LostLease', 'the claim is lost');
  expect(toRepositoryError(error)).toBe(error);
});
