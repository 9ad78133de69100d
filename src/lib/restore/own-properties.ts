import type { TocEntry } from '../backup/index.js';
import { quoteIdentifier } from '../core/database.js';
import { splitScript } from '../migrate/index.js';

/**
 * The statements with which an archive gives its database settings, rights and a comment, for a database of another
 * name. pg_restore runs them only where it makes the database itself, under the name that it had. Pure.
 */
export function ownPropertyStatements(
  entries: readonly TocEntry[],
  { database, noPrivileges }: { readonly database: string; readonly noPrivileges: boolean },
): string[] {
  const definitions = entries.filter(({ desc }) => !(noPrivileges && desc === 'ACL'));
  return definitions.flatMap(({ definition }) =>
    splitScript(definition ?? '').statements.flatMap(({ text }) => renamed(text, database) ?? []),
  );
}

/** True for an entry that speaks of the database itself. */
export function isOfDatabase({ desc, tag }: TocEntry): boolean {
  return (
    desc === 'DATABASE PROPERTIES' || (tag.startsWith('DATABASE ') && (desc === 'COMMENT' || desc === 'ACL'))
  );
}

/** Up to the name of the database, which ends it or is followed by what it gets. */
const BEFORE_NAME =
  /^((?:alter (?:role (?:"(?:[^"]|"")+"|\S+) in )?|comment on |grant [a-z, ]+ on |revoke [a-z, ]+ on |revoke grant option for [a-z, ]+ on )database )("(?:[^"]|"")+"|[^\s;]+)/i;

function renamed(statement: string, database: string): string | undefined {
  const match = BEFORE_NAME.exec(statement);
  if (match === null) return undefined;
  return `${match[1] ?? ''}${quoteIdentifier(database)}${statement.slice(match[0].length)}`;
}
