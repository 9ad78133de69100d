import type { RestoreSource } from '../backup/index.js';
import type { ConnectionTarget } from '../core/connection.js';
import type { PgStreamDeps } from '../core/pg-tools.js';
import type { OnProgress } from '../core/progress.js';
import type { RestoreSelection } from './select-entries.js';
import type { OwnershipOptions } from './restore-tool.js';

export interface RestoreDeps {
  /** The server; the database is named by the options. */
  readonly target: ConnectionTarget;
  readonly pgTools: PgStreamDeps;
  /** File of the private key (age's identity file), for an encrypted backup. */
  readonly identityFile?: string | undefined;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly onWarning: (text: string) => void;
}

export interface RestoreOptions {
  readonly backup: RestoreSource;
  /** Database to restore into: one that does not exist yet, or an empty one. */
  readonly into: string;
  readonly jobs: number;
  /** Compare the result with the backup; one without fingerprints cannot be compared. */
  readonly verify: boolean;
  readonly ownership: OwnershipOptions;
  /** What of it; default everything. */
  readonly selection?: RestoreSelection;
  /** Of a csv backup: the tables' rows are deleted first, in the same transaction. */
  readonly emptyTables?: boolean;
  /** Check everything, write nothing. */
  readonly dryRun: boolean;
}
