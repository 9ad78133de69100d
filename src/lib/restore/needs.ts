import type { TocEntry } from '../backup/index.js';

/** What a server must have before an archive can be restored on it. */
export interface RestoreNeeds {
  readonly roles: readonly string[];
  readonly extensions: readonly string[];
}

export interface NeedsOptions {
  /** Nobody's ownership is restored. */
  readonly noOwner: boolean;
  /** No GRANT is restored. */
  readonly noPrivileges: boolean;
}

const GRANTEE = /\b(?:TO|FROM) ("(?:[^"]|"")+"|[^\s";,]+)(?: WITH GRANT OPTION)?;$/gm;
const GRANTOR = /\bFOR ROLE ("(?:[^"]|"")+"|[^\s";,]+) /g;
const NO_ROLES = new Set(['PUBLIC', 'CURRENT_USER', 'SESSION_USER', 'CURRENT_ROLE']);

/** The roles and extensions that an archive names, sorted. Pure. */
export function needsOf(entries: readonly TocEntry[], { noOwner, noPrivileges }: NeedsOptions): RestoreNeeds {
  const roles = new Set<string>();
  const extensions = new Set<string>();
  for (const { desc, tag, owner, definition } of entries) {
    // pg_restore leaves out what is the database's own unless it creates the database.
    if (desc.startsWith('DATABASE') || (desc === 'ACL' && tag.startsWith('DATABASE '))) continue;
    if (desc === 'EXTENSION') extensions.add(tag);
    if (!noOwner && owner !== null && owner !== '') roles.add(owner);
    const isPrivilege = desc === 'ACL' || desc === 'DEFAULT ACL';
    if (!noPrivileges && isPrivilege) for (const role of rolesIn(definition ?? '')) roles.add(role);
  }
  return { roles: [...roles].sort(), extensions: [...extensions].sort() };
}

function rolesIn(statements: string): string[] {
  const names = [...statements.matchAll(GRANTEE), ...statements.matchAll(GRANTOR)].map(
    (match) => match[1] ?? '',
  );
  return names.filter((name) => !NO_ROLES.has(name)).map(unquote);
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
