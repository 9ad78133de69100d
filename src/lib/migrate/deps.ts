import type { ConnectionTarget } from '../core/connection.js';
import type { OnProgress } from '../core/progress.js';
import type { Direction } from './migration.js';
import type { MigrationRun } from './types.js';

/** What the functions that read the ledger need. */
export interface LedgerDeps {
  readonly target: ConnectionTarget;
  readonly signal: AbortSignal;
  /** Told what a person should know: another run that holds the lock, files that are not run, server notices. */
  readonly onNotice?: (text: string) => void;
}

/** What the functions that change the database need. */
export interface MigrateDeps extends LedgerDeps {
  /** Recorded in the ledger; default `library`. */
  readonly toolVersion?: string;
  readonly onProgress?: OnProgress;
  /** Told of each migration once it is committed. */
  readonly onMigration?: (run: MigrationRun, direction: Direction) => void;
}

/** How long to wait for what; in ms. */
export interface RunLimits {
  /**
   * For another run, and for sessions that hold a table; default 5 minutes, 0 gives up at once. When given, `migrate`
   * also waits so long for a server or database that is not there yet.
   */
  readonly waitMs?: number | undefined;
  /** One attempt to lock a table lasts this long, so that nobody queues behind it for longer; default 1000, 0 no limit. */
  readonly lockTimeoutMs?: number | undefined;
  /** For each statement; default none. */
  readonly statementTimeoutMs?: number | undefined;
}

export const DEFAULT_WAIT_MS = 300_000;
export const DEFAULT_LOCK_TIMEOUT_MS = 1_000;
