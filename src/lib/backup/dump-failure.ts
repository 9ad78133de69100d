import { BkDbError, type ErrorCode } from '../core/errors.js';

/** What pg_dump and pg_restore write on stderr, and what it means; the first match decides. */
const MEANINGS: readonly { readonly pattern: RegExp; readonly code: ErrorCode; readonly hint: string }[] = [
  {
    pattern: /could not (extend|write to) file .*(No space left on device|Disk quota exceeded|wrote only)/i,
    code: 'IO',
    hint: "Free some space on the server's disk.",
  },
  {
    pattern: /No space left on device|Disk quota exceeded/i,
    code: 'IO',
    hint: 'Free some space where the tool writes, or choose another directory.',
  },
  {
    pattern: /could not obtain lock|lock timeout|statement timeout/i,
    code: 'TIMEOUT',
    hint: 'Another session holds a lock on a table; `bk-db health` names it.',
  },
  {
    pattern: /no matching (tables|schemas|extensions) were found/i,
    code: 'NOT_FOUND',
    hint: 'Patterns are those of pg_dump: a name, perhaps with its schema, and * for any characters.',
  },
  {
    pattern: /permission denied|row-level security policy|must be owner|must be superuser/i,
    code: 'PERMISSION',
    hint: 'Grant the missing right to the role, or connect as another one.',
  },
  {
    pattern:
      /connection to server|server closed the connection|terminating connection|the database system is/i,
    code: 'CONNECTION_FAILED',
    hint: 'The server ended the connection or refused it; look at its log.',
  },
];

/** Gives a tool's failure the code of its cause, where the tool's own words name it. */
export function explainDumpFailure(error: unknown): unknown {
  if (!(error instanceof BkDbError) || error.code !== 'TOOL_FAILED') return error;
  const stderr = error.details['stderr'];
  const text = Array.isArray(stderr) ? stderr.join('\n') : error.message;
  const meaning = MEANINGS.find(({ pattern }) => pattern.test(text));
  if (meaning === undefined) return error;
  return new BkDbError(meaning.code, error.message, {
    hint: meaning.hint,
    details: error.details,
    cause: error,
  });
}
