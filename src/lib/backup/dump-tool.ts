import type { Tool } from '../core/process.js';

export interface DumpToolOptions {
  /** Full path of pg_dump. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly jobs: number;
  /** Exported snapshot that the dump reads from. */
  readonly snapshot: string;
  /** Directory to write; must not exist. */
  readonly output: string;
  readonly gzipLevel: number;
}

/** How long pg_dump waits for its locks. */
const LOCK_WAIT_MS = 60_000;

/** pg_dump of a whole database into a directory archive. The database is named by PGDATABASE alone. */
export function dumpTool(options: DumpToolOptions): Tool {
  return {
    command: options.path,
    args: [
      '--format=directory',
      `--jobs=${options.jobs}`,
      `--compress=${options.gzipLevel}`,
      `--lock-wait-timeout=${LOCK_WAIT_MS}`,
      `--snapshot=${options.snapshot}`,
      '--no-password',
      // Everything is synced once, by us, before the backup gets its name.
      '--no-sync',
      `--file=${options.output}`,
    ],
    env: { ...options.environment, ...pinnedSession(options.environment) },
  };
}

/** What pg_dump does not pin itself, so that the same data always gives the same bytes. */
function pinnedSession({ PGOPTIONS }: Readonly<Record<string, string>>) {
  return { PGOPTIONS: `${PGOPTIONS ?? ''} -c bytea_output=hex`.trim() };
}
