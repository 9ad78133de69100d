import { BkDbError, type ErrorCode } from '../../core/errors.js';
import { isServerError, toBkDbError } from '../../core/to-error.js';

/** Every kind of refusal, with its error code and the next step where the server gives none. */
const KINDS = {
  NotFound: { code: 'NOT_FOUND' },
  StaleVersion: {
    code: 'DATA_REJECTED',
    hint: 'Read the row again and repeat the change on what it says now.',
  },
  LostLease: {
    code: 'DATA_REJECTED',
    hint: 'Drop the work: the claim has expired or another worker has it.',
  },
  MissingResults: { code: 'DATA_REJECTED', hint: 'Record a result for every required framework first.' },
  SnapshotMismatch: { code: 'VERIFY_MISMATCH' },
  BadValue: { code: 'DATA_REJECTED' },
  UnexpectedRow: {
    code: 'MIGRATION_DRIFT',
    hint: 'The database and this version of bk-db differ: run `bk-db migrate`.',
  },
  Conflict: { code: 'DATA_REJECTED', hint: 'A row with the same key exists already.' },
  Reference: {
    code: 'DATA_REJECTED',
    hint: 'The other row does not exist, or rows still refer to this one.',
  },
  Check: { code: 'DATA_REJECTED' },
  Retryable: { code: 'TIMEOUT', hint: 'Run the transaction again: it had no effect.' },
  Timeout: { code: 'TIMEOUT', hint: 'Raise the time limit, or find out what held the statement up.' },
  IllegalTransition: { code: 'DATA_REJECTED' },
  Immutable: { code: 'DATA_REJECTED' },
  VotingClosed: { code: 'DATA_REJECTED' },
  StaleBallot: { code: 'DATA_REJECTED' },
  FrozenColumn: { code: 'DATA_REJECTED' },
  CoalitionSize: { code: 'DATA_REJECTED' },
  LedgerOnly: { code: 'DATA_REJECTED' },
  InactiveNode: { code: 'DATA_REJECTED' },
  HierarchyCycle: { code: 'DATA_REJECTED' },
  NoFramework: { code: 'DATA_REJECTED' },
  RequestNotInProgress: { code: 'DATA_REJECTED' },
  NoQuorum: { code: 'DATA_REJECTED' },
  NoMetrics: { code: 'DATA_REJECTED' },
} as const satisfies Readonly<Record<string, { readonly code: ErrorCode; readonly hint?: string }>>;

/** What a repository refused, in the domain's own words. */
export type RepositoryErrorKind = keyof typeof KINDS;

/** ZB: raised by the guards in sql/migrations. The others: PostgreSQL, appendix A. */
const KIND_OF_SQLSTATE: Readonly<Record<string, RepositoryErrorKind>> = {
  ZB001: 'IllegalTransition',
  ZB002: 'Immutable',
  ZB003: 'VotingClosed',
  ZB004: 'StaleBallot',
  ZB005: 'FrozenColumn',
  ZB006: 'CoalitionSize',
  ZB007: 'LedgerOnly',
  ZB008: 'InactiveNode',
  ZB009: 'HierarchyCycle',
  ZB010: 'NoFramework',
  ZB011: 'RequestNotInProgress',
  ZB012: 'NoQuorum',
  ZB013: 'NoMetrics',
  '23505': 'Conflict',
  '23P01': 'Conflict',
  '23503': 'Reference',
  '23001': 'Reference',
  '23514': 'Check',
  '23502': 'Check',
  '22P02': 'BadValue',
  '22P05': 'BadValue',
  '22003': 'BadValue',
  '22007': 'BadValue',
  '22008': 'BadValue',
  '22021': 'BadValue',
  '22001': 'BadValue',
  '21000': 'BadValue',
  '40001': 'Retryable',
  '40P01': 'Retryable',
  '57014': 'Timeout',
  '55P03': 'Timeout',
};

/** What a refusal tells beside its message. */
export interface RepositoryErrorExtras {
  /** The constraint, or the trigger that acts as one. */
  readonly constraint?: string | undefined;
  /** The table concerned, such as `verification.requests`. */
  readonly table?: string | undefined;
  readonly sqlState?: string | undefined;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A repository or the database refused what was asked; `kind` says why, `constraint` names the rule. */
export class RepositoryError extends BkDbError {
  override readonly name = 'RepositoryError';
  readonly kind: RepositoryErrorKind;
  readonly constraint: string | undefined;

  constructor(kind: RepositoryErrorKind, message: string, extras: RepositoryErrorExtras = {}) {
    const meaning: { readonly code: ErrorCode; readonly hint?: string } = KINDS[kind];
    const { constraint, table, sqlState, details, cause } = extras;
    super(meaning.code, message, {
      hint: extras.hint ?? meaning.hint,
      details: {
        kind,
        ...(constraint === undefined ? {} : { constraint }),
        ...(table === undefined ? {} : { table }),
        ...(sqlState === undefined ? {} : { sqlState }),
        ...details,
      },
      cause,
    });
    this.kind = kind;
    this.constraint = constraint;
  }
}

/** True for a refusal of that kind. */
export function isRepositoryError(error: unknown, kind?: RepositoryErrorKind): error is RepositoryError {
  return error instanceof RepositoryError && (kind === undefined || error.kind === kind);
}

/** Translates what a query threw: domain refusals by SQLSTATE, everything else as the rest of bk-db does. */
export function toRepositoryError(error: unknown): BkDbError {
  if (!isServerError(error)) return toBkDbError(error);
  const kind = KIND_OF_SQLSTATE[error.code];
  if (kind === undefined) return toBkDbError(error);
  const { schema_name: schema, table_name: table } = error;
  return new RepositoryError(kind, error.message, {
    constraint: error.constraint_name,
    table: schema === undefined || table === undefined ? undefined : `${schema}.${table}`,
    sqlState: error.code,
    hint: error.hint,
    cause: error,
  });
}
