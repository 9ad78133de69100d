/**
 * The exit status of every error code: the only place where the two meet.
 * Append-only (docs/cli.md, `bk-db help exit-codes`); a test freezes it.
 */
export const EXIT_STATUSES = {
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
} as const;

/** A stable name for a kind of failure; scripts match on it. */
export type ErrorCode = keyof typeof EXIT_STATUSES;

/** What a failure tells beside its message. */
export interface ErrorExtras {
  /** One sentence that says what to do next. */
  readonly hint?: string | undefined;
  /** Facts for scripts, shown under `error.details` in JSON. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class: many codes, each with a fixed exit status.
 * The message is lower case, has no full stop and names the object concerned.
 */
export class BkDbError extends Error {
  override readonly name: string = 'BkDbError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.hint = extras.hint;
    this.details = extras.details ?? {};
  }

  /** The process's exit status for this error. */
  get exitStatus(): number {
    return EXIT_STATUSES[this.code];
  }
}

const SIGNAL_STATUSES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A signal that asks bk-db to stop. */
export type StopSignal = keyof typeof SIGNAL_STATUSES;

/** The work was stopped by a signal; its exit status is 128 + the signal's number. */
export class InterruptedError extends BkDbError {
  override readonly name = 'InterruptedError';
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super('INTERRUPTED', `interrupted by ${signal}`, { details: { signal } });
    this.signal = signal;
  }

  override get exitStatus(): number {
    return SIGNAL_STATUSES[this.signal];
  }
}
