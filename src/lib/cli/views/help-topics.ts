import { SETTING_NAMES, settingDefinition } from '../../core/config/index.js';
import { EXIT_STATUSES, type ErrorCode } from '../../core/errors.js';
import { renderTable } from '../table.js';
import type { Paint } from '../terminal.js';

export const HELP_TOPICS = ['exit-codes', 'environment', 'formats'] as const;
type HelpTopic = (typeof HELP_TOPICS)[number];

/** When each status is given; the text of docs/cli.md and of `help exit-codes`. */
const WHEN: Readonly<Record<ErrorCode, string>> = {
  INTERNAL: 'a bug in bk-db',
  USAGE: 'wrong flag or argument',
  CONFIG_INVALID: 'the configuration does not parse, or names no database',
  FINDINGS: 'done, and something was found: pending migrations with --check, critical health',
  CONNECTION_FAILED: 'server not reachable, authentication refused, TLS refused',
  LOCK_HELD: 'another bk-db holds the lock',
  TOOL_MISSING: 'pg_dump, pg_restore or the server programs are absent or too old',
  TOOL_FAILED: 'such a program ended with an error',
  BACKUP_CORRUPT: 'checksum, truncation, unknown format',
  NOT_FOUND: 'no such backup, table, migration, database',
  MIGRATION_DRIFT: 'an applied migration changed, vanished or is out of order',
  MIGRATION_FAILED: 'a statement failed; the report has file:line:column and a caret',
  VERIFY_MISMATCH: 'what was restored is not what was backed up',
  TARGET_NOT_EMPTY: 'refusing to write over data',
  DATA_REJECTED: 'rows do not fit',
  PERMISSION: 'the role lacks a right; the message names it',
  IO: 'disk full, unreadable, unwritable',
  TIMEOUT: 'a limit that was set ran out',
  INVARIANT: 'bk.verify() found broken domain rules',
  INTERRUPTED: 'SIGINT; 143 for SIGTERM, 129 for SIGHUP',
};

const FORMATS = `Output
  human   data on stdout; progress, notices and errors on stderr; colour only on a terminal
  --json  exactly one document on stdout, also on failure:
          {"ok": true, "command": "...", "data": {...}, "warnings": []}
          {"ok": false, "command": "...", "error": {"code", "message", "hint", "exitStatus", "details"}}
          times are ISO 8601 UTC, durations ...Ms, sizes ...Bytes; \`bk-db schema COMMAND\` prints a schema
  --quiet only data that was asked for, warnings and errors
  --log-format json   every line on stderr is one JSON object

Archives that \`bk-db restore\` reads, told apart by their content
  bk-db       a backup of the store: id, its beginning, latest, or its directory
  pg_dump     custom, directory, tar and plain archives, from a path or standard input (-)
  csv export  a folder or zip archive of csv export --all: rows for tables that are there
  around it   gzip, zstd, lz4, xz, age (with --identity), also several

Values
  durations  500ms, 30s, 5m, 26h, 7d; a bare number counts seconds
  URLs       postgresql://user:password@host:port/database?sslmode=verify-full
             a socket directory goes into the query: postgresql:///shop?host=/var/run/postgresql`;

/** A help topic as text. */
export function helpTopicView(topic: HelpTopic, paint: Paint): string {
  if (topic === 'exit-codes') return exitCodes(paint);
  if (topic === 'environment') return environment(paint);
  return FORMATS;
}

function exitCodes(paint: Paint): string {
  const rows = Object.entries(WHEN).map(([code, when]) => ({ code: code as ErrorCode, when }));
  const table = renderTable(
    [
      { head: 'status', value: ({ code }) => String(EXIT_STATUSES[code]), align: 'right' },
      { head: 'code', value: ({ code }) => code },
      { head: 'when', value: ({ when }) => when },
    ],
    rows,
    paint,
  );
  return `Statuses are the same with and without --json, and are never given another meaning. 0 means done.\n\n${table}`;
}

function environment(paint: Paint): string {
  const table = renderTable(
    [
      { head: 'variable', value: (name) => settingDefinition(name).env.join(', ') },
      { head: 'config file', value: (name) => name },
      { head: 'meaning', value: (name) => settingDefinition(name).describe },
    ],
    SETTING_NAMES,
    paint,
  );
  return `${table}

Precedence: flag, environment, .env (--env-file), bk-db.config.json (--config), default.
NO_COLOR and FORCE_COLOR turn colour off and on.`;
}
