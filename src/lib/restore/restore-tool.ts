import type { Tool } from '../core/process.js';

export interface RestoreToolOptions {
  /** Full path of pg_restore. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly jobs: number;
  /** The archive. */
  readonly archive: string;
  readonly database: string;
  readonly lcMonetary: string;
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
  const { environment, ownership } = options;
  return {
    command: options.path,
    args: [
      '--exit-on-error',
      '--no-password',
      `--jobs=${options.jobs}`,
      ...(ownership.noOwner ? ['--no-owner'] : []),
      ...(ownership.noPrivileges ? ['--no-privileges'] : []),
      ...(ownership.role === undefined ? [] : [`--role=${ownership.role}`]),
      `--dbname=dbname=${quoteConnectionValue(options.database)}`,
      options.archive,
    ],
    env: {
      ...environment,
      PGOPTIONS:
        `${environment['PGOPTIONS'] ?? ''} -c lc_monetary=${escapeOption(options.lcMonetary)}`.trim(),
    },
  };
}

/** A value in libpq's connection string; a bare name could itself be read as one. */
function quoteConnectionValue(value: string): string {
  return `'${value.replace(/['\\]/g, '\\$&')}'`;
}

/** A value in PGOPTIONS, where spaces separate. */
function escapeOption(value: string): string {
  return value.replace(/[\s\\]/g, '\\$&');
}
