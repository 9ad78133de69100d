import { BkDbError } from '../core/errors.js';
import { formatDuration } from '../core/format.js';
import { isServerError } from '../core/to-error.js';

/** Names the statement that waited in vain; any other error is returned as it is. */
export function nameLockTimeout(error: unknown, lockTimeoutMs: number): unknown {
  if (!isServerError(error) || error.code !== '55P03') return error;
  const statement = /^SQL statement "([^"\n]+)"/.exec(error.where ?? '')?.[1] ?? 'lock';
  return new BkDbError('TIMEOUT', `waited ${formatDuration(lockTimeoutMs)} in vain for: ${statement}`, {
    hint: 'Nothing was changed. `bk-db health` names the session in its way; run again when it has ended, or give a longer --lock-timeout.',
    details: { sqlState: error.code, statement },
    cause: error,
  });
}

/** Whether that is what happened. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof BkDbError && error.details['sqlState'] === '55P03';
}
