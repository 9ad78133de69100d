import type { ArchiveToc } from '../backup/index.js';
import type { Queryable } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { needsOf, type NeedsOptions } from './needs.js';

/**
 * Checks that the server has every role and extension which the backup names.
 * @throws BkDbError NOT_FOUND naming all that are missing at once.
 */
export async function checkNeeds(sql: Queryable, toc: ArchiveToc, options: NeedsOptions): Promise<void> {
  const needs = needsOf(toc, options);
  const roles = await missingRoles(sql, needs.roles);
  const extensions = await missingExtensions(sql, needs.extensions);
  if (roles.length + extensions.length === 0) return;
  const missing = [...listOf('role', roles), ...listOf('extension', extensions)];
  throw new BkDbError('NOT_FOUND', `the server lacks what the backup needs: ${missing.join('; ')}`, {
    hint: hintFor(roles, extensions),
    details: { roles, extensions },
  });
}

async function missingRoles(sql: Queryable, roles: readonly string[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select wanted.name from pg_catalog.unnest(${[...roles]}::text[]) as wanted(name)
     where not exists (select from pg_catalog.pg_roles r where r.rolname = wanted.name)`;
  return rows.map(({ name }) => name);
}

async function missingExtensions(sql: Queryable, extensions: readonly string[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select wanted.name from pg_catalog.unnest(${[...extensions]}::text[]) as wanted(name)
     where not exists (select from pg_catalog.pg_available_extensions e where e.name = wanted.name)`;
  return rows.map(({ name }) => name);
}

function listOf(noun: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`];
}

function hintFor(roles: readonly string[], extensions: readonly string[]): string {
  const remedies = [
    ...(roles.length > 0 ? ['create the roles, or restore with --no-owner --no-privileges'] : []),
    ...(extensions.length > 0 ? ["install the extensions' packages on the server"] : []),
  ];
  const text = remedies.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}. Nothing was written.`;
}
