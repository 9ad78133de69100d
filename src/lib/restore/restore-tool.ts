import { BkDbError } from '../core/errors.js';
import type { Tool } from '../core/process.js';

export interface RestoreToolOptions {
  /** Full path of pg_restore, or psql. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly jobs: number;
  /** The archive; undefined means that it comes on stdin. */
  readonly archive: string | undefined;
  /** pg_restore's list of what to restore; undefined means everything. */
  readonly list: string | undefined;
  /** Only rows, all or none of them, past triggers and foreign keys. */
  readonly dataOnly: boolean;
  readonly database: string;
  /** Locale of the archive's money values; null where it is not known. */
  readonly lcMonetary: string | null;
  readonly ownership: OwnershipOptions;
}

/** What is done about owners and rights that the archive names. */
export interface OwnershipOptions {
  /** Everything belongs to the restoring role. */
  readonly noOwner: boolean;
  /** Nothing is granted or revoked. */
  readonly noPrivileges: boolean;
  /** Role to become (SET ROLE) before anything is made. */
  readonly role?: string | undefined;
}

/** pg_restore of a whole archive, ending at the first error. */
export function restoreTool(options: RestoreToolOptions): Tool {
  const { ownership } = options;
  return {
    command: options.path,
    args: [
      '--exit-on-error',
      '--no-password',
      // What comes on stdin can be read only from its beginning to its end, and one transaction is one session's.
      ...(options.dataOnly
        ? ['--single-transaction']
        : options.archive === undefined
          ? []
          : [`--jobs=${options.jobs}`]),
      ...(options.list === undefined ? [] : [`--use-list=${options.list}`]),
      ...(ownership.noOwner ? ['--no-owner'] : []),
      ...(ownership.noPrivileges ? ['--no-privileges'] : []),
      ...(ownership.role === undefined ? [] : [`--role=${ownership.role}`]),
      `--dbname=dbname=${quoteConnectionValue(options.database)}`,
      ...(options.archive === undefined ? [] : [options.archive]),
    ],
    env: sessionOf(options),
  };
}

/** psql of a plain script that comes on stdin, ending at the first error. */
export function scriptTool(options: RestoreToolOptions): Tool {
  return {
    command: options.path,
    args: [
      '--no-psqlrc',
      '--quiet',
      '--no-password',
      '--set=ON_ERROR_STOP=1',
      '--output=/dev/null',
      `--dbname=dbname=${quoteConnectionValue(options.database)}`,
    ],
    env: sessionOf(options),
  };
}

/** @throws BkDbError USAGE: a script says who owns what, and psql cannot leave that out. */
export function refuseOwnership({ noOwner, noPrivileges, role }: OwnershipOptions): void {
  if (!noOwner && !noPrivileges && role === undefined) return;
  throw new BkDbError('USAGE', 'owners and privileges of a plain backup cannot be left out', {
    hint: 'Create the roles, or take the backup with --format directory or custom.',
  });
}

function sessionOf({ environment, lcMonetary, dataOnly }: RestoreToolOptions) {
  const options = [
    ...(environment['PGOPTIONS'] === undefined ? [] : [environment['PGOPTIONS']]),
    ...(lcMonetary === null ? [] : [`-c lc_monetary=${escapeOption(lcMonetary)}`]),
    // --disable-triggers would leave triggers enabled that were disabled.
    ...(dataOnly ? ['-c session_replication_role=replica'] : []),
  ];
  return options.length === 0 ? environment : { ...environment, PGOPTIONS: options.join(' ') };
}

/** A value in libpq's connection string; a bare name could itself be read as one. */
function quoteConnectionValue(value: string): string {
  return `'${value.replace(/['\\]/g, '\\$&')}'`;
}

/** A value in PGOPTIONS, where spaces separate. */
function escapeOption(value: string): string {
  return value.replace(/[\s\\]/g, '\\$&');
}
