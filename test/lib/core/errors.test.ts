import { expect, test } from 'vitest';
import { BkDbError, EXIT_STATUSES, InterruptedError } from '../../../src/lib/core/errors.js';

/** Scripts rely on these: append-only. A line that changes here breaks somebody's cron job. */
test('the exit statuses are what they have always been', () => {
  expect(EXIT_STATUSES).toEqual({
    INTERNAL: 1,
    USAGE: 2,
    CONFIG_INVALID: 2,
    FINDINGS: 4,
    CONNECTION_FAILED: 10,
    LOCK_HELD: 11,
    TOOL_MISSING: 12,
    TOOL_FAILED: 13,
    BACKUP_CORRUPT: 14,
    NOT_FOUND: 15,
    MIGRATION_DRIFT: 16,
    MIGRATION_FAILED: 17,
    VERIFY_MISMATCH: 18,
    TARGET_NOT_EMPTY: 19,
    DATA_REJECTED: 20,
    PERMISSION: 21,
    IO: 22,
    TIMEOUT: 23,
    INVARIANT: 24,
    INTERRUPTED: 130,
  });
});

test('an error carries its status, hint and details', () => {
  const cause = new Error('why');
  const error = new BkDbError('NOT_FOUND', 'no backup x', {
    hint: 'List them.',
    details: { id: 'x' },
    cause,
  });
  expect(error).toMatchObject({
    name: 'BkDbError',
    exitStatus: 15,
    hint: 'List them.',
    details: { id: 'x' },
    cause,
  });
  expect(new BkDbError('IO', 'x')).toMatchObject({ hint: undefined, details: {} });
});

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends with %d', (signal, status) => {
  expect(new InterruptedError(signal)).toMatchObject({ code: 'INTERRUPTED', exitStatus: status, signal });
});
