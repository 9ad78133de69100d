import { BkDbError } from '../core/errors.js';
import type { Diagnosis } from './types.js';

export function ok(id: string, message: string): Diagnosis {
  return { id, status: 'ok', message, fix: null };
}

export function warning(id: string, message: string, fix: string): Diagnosis {
  return { id, status: 'warning', message, fix };
}

export function failed(id: string, message: string, fix: string | null): Diagnosis {
  return { id, status: 'failed', message, fix };
}

/** What could not be looked at, and why. */
export function skipped(id: string, message: string): Diagnosis {
  return { id, status: 'skipped', message, fix: null };
}

/** A failure as a diagnosis; the error's hint is the fix. */
export function failedWith(id: string, error: unknown): Diagnosis {
  const message = error instanceof Error ? error.message : String(error);
  return failed(id, message, error instanceof BkDbError ? (error.hint ?? null) : null);
}
