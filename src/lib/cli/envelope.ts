import type { BkDbError } from '../core/errors.js';

/** What stdout holds with --json after a command that did its work. `exitStatus` is there when it is not 0. */
export interface SuccessEnvelope {
  readonly ok: true;
  readonly command: string;
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly exitStatus?: number;
}

/** What stdout holds with --json after a command that failed. */
export interface FailureEnvelope {
  readonly ok: false;
  readonly command: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly exitStatus: number;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

/** What stdout holds with --json. */
export type Envelope = SuccessEnvelope | FailureEnvelope;

export function successEnvelope(
  command: string,
  data: unknown,
  warnings: readonly string[],
  exitStatus: number,
): SuccessEnvelope {
  return { ok: true, command, data: data ?? null, warnings, ...(exitStatus === 0 ? {} : { exitStatus }) };
}

export function failureEnvelope(command: string, error: BkDbError): FailureEnvelope {
  const { code, message, hint, exitStatus, details } = error;
  return { ok: false, command, error: { code, message, hint: hint ?? null, exitStatus, details } };
}
