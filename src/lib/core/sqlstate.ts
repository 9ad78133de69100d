import type { ErrorCode } from './errors.js';

/** What a SQLSTATE means to an operator: an error code and, where there is one, the next step. */
export interface SqlStateMeaning {
  readonly code: ErrorCode;
  readonly hint?: string;
}

/** Exact SQLSTATEs first, then whole classes (two characters). Source: PostgreSQL appendix A. */
const MEANINGS: Readonly<Record<string, SqlStateMeaning>> = {
  '28P01': {
    code: 'CONNECTION_FAILED',
    hint: 'Check the password: `bk-db config` shows where it comes from.',
  },
  '28000': { code: 'CONNECTION_FAILED', hint: "Check the user name and the server's pg_hba.conf." },
  '3D000': { code: 'NOT_FOUND', hint: 'Create the database with `bk-db init`, or correct its name.' },
  '53300': {
    code: 'CONNECTION_FAILED',
    hint: 'The server has no free connection; try again or raise max_connections.',
  },
  '57P01': { code: 'CONNECTION_FAILED', hint: 'The server ended the connection; look at its log.' },
  '57P02': { code: 'CONNECTION_FAILED', hint: 'The server crashed and is recovering; look at its log.' },
  '57P03': {
    code: 'CONNECTION_FAILED',
    hint: 'The server is starting up or shutting down; try again shortly.',
  },
  '57014': {
    code: 'TIMEOUT',
    hint: 'Raise the statement timeout, or find out what made the statement slow.',
  },
  '55P03': { code: 'TIMEOUT', hint: 'Another session holds the lock; `bk-db health` names it.' },
  '25P03': { code: 'TIMEOUT', hint: 'Raise idle_in_transaction_session_timeout for this role.' },
  '42501': { code: 'PERMISSION', hint: 'Grant the missing right to the role, or connect as another one.' },
  '42P04': { code: 'TARGET_NOT_EMPTY', hint: 'Choose another database name.' },
  '53100': { code: 'IO', hint: "The server's disk is full; free some space there." },
  '25006': {
    code: 'PERMISSION',
    hint: 'The server is a standby, or default_transaction_read_only is on: connect to the primary.',
  },
  '40001': { code: 'TIMEOUT', hint: 'Other sessions change the same rows; try again when it is calmer.' },
  '40P01': { code: 'TIMEOUT', hint: 'Other sessions lock the same rows; try again when it is calmer.' },
  '42P01': { code: 'NOT_FOUND', hint: 'Check the name and its schema.' },
  '3F000': { code: 'NOT_FOUND', hint: 'Check the name of the schema.' },
  '55006': { code: 'LOCK_HELD', hint: 'Other sessions use it; `bk-db health` names them.' },
  '57P05': { code: 'CONNECTION_FAILED', hint: 'Raise idle_session_timeout for this role.' },
  '08': { code: 'CONNECTION_FAILED' },
  '28': { code: 'CONNECTION_FAILED' },
  '53': { code: 'IO' },
  '58': { code: 'IO' },
};

/** The meaning of a SQLSTATE, or undefined when it is no more than "a statement failed". */
export function sqlStateMeaning(sqlState: string): SqlStateMeaning | undefined {
  return MEANINGS[sqlState] ?? MEANINGS[sqlState.slice(0, 2)];
}
