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
}

/** pg_restore of a whole archive, ending at the first error. */
export function restoreTool(options: RestoreToolOptions): Tool {
  const { environment } = options;
  return {
    command: options.path,
    args: [
      '--exit-on-error',
      '--no-password',
      `--jobs=${options.jobs}`,
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
