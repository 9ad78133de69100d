import type { Tool } from '../core/process.js';
import type { BackupFormat, Selection } from './types.js';

export interface DumpToolOptions {
  /** Full path of pg_dump. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly format: BackupFormat;
  readonly jobs: number;
  /** Exported snapshot that the dump reads from. */
  readonly snapshot: string;
  /** File or directory to write, which must not exist; undefined means stdout. */
  readonly output: string | undefined;
  /** Value of `--compress`. */
  readonly compress: string;
  readonly selection?: Selection | undefined;
}

/** How long pg_dump waits for its locks. */
const LOCK_WAIT_MS = 60_000;

/** pg_dump of a database into an archive or script. The database is named by PGDATABASE alone. */
export function dumpTool(options: DumpToolOptions): Tool {
  return {
    command: options.path,
    args: [
      `--format=${options.format}`,
      ...(options.format === 'directory' ? [`--jobs=${options.jobs}`] : []),
      `--compress=${options.compress}`,
      `--lock-wait-timeout=${LOCK_WAIT_MS}`,
      `--snapshot=${options.snapshot}`,
      '--no-password',
      ...(options.selection === undefined ? [] : selectionArguments(options.selection)),
      // Everything is synced once, by us, before the backup gets its name.
      '--no-sync',
      ...(options.output === undefined ? [] : [`--file=${options.output}`]),
    ],
    env: { ...options.environment, ...pinnedSession(options.environment) },
  };
}

export interface GlobalsToolOptions {
  /** Full path of pg_dumpall. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Database to connect to. */
  readonly database: string;
}

/** pg_dumpall of the cluster's roles and tablespaces, without passwords, as a script on stdout. */
export function globalsTool({ path, environment, database }: GlobalsToolOptions): Tool {
  return {
    command: path,
    args: [
      '--globals-only',
      '--no-role-passwords',
      '--no-password',
      // As a connection string, because a bare name could itself be read as one.
      `--database=dbname='${database.replace(/['\\]/g, '\\$&')}'`,
    ],
    env: environment,
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
