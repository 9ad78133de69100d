import type { Tool } from '../core/process.js';
import type { Compression } from './compression.js';
import type { Selection } from './types.js';

export interface DumpToolOptions {
  /** Full path of pg_dump. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly jobs: number;
  /** Exported snapshot that the dump reads from. */
  readonly snapshot: string;
  /** Directory to write; must not exist. */
  readonly output: string;
  readonly compression: Compression;
  readonly selection?: Selection | undefined;
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
      `--compress=${options.compression.level}`,
      `--lock-wait-timeout=${LOCK_WAIT_MS}`,
      `--snapshot=${options.snapshot}`,
      '--no-password',
      ...(options.selection === undefined ? [] : selectionArguments(options.selection)),
      // Everything is synced once, by us, before the backup gets its name.
      '--no-sync',
      `--file=${options.output}`,
    ],
    env: { ...options.environment, ...pinnedSession(options.environment) },
  };
}

/** A pattern that means nothing is an error rather than an empty backup. */
function selectionArguments(selection: Selection): string[] {
  const { schemas, tables, excludeTables, excludeTableData } = selection;
  return [
    '--strict-names',
    ...schemas.map((pattern) => `--schema=${pattern}`),
    ...tables.map((pattern) => `--table=${pattern}`),
    ...excludeTables.map((pattern) => `--exclude-table=${pattern}`),
    ...excludeTableData.map((pattern) => `--exclude-table-data=${pattern}`),
  ];
}

/** What pg_dump does not pin itself, so that the same data always gives the same bytes. */
function pinnedSession({ PGOPTIONS }: Readonly<Record<string, string>>) {
  return { PGOPTIONS: `${PGOPTIONS ?? ''} -c bytea_output=hex`.trim() };
}
