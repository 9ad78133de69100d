import type { RestoreSource, TocEntry } from '../backup/index.js';
import type { Queryable } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { spaceProblem } from './server-space.js';
import { needsOf, type NeedsOptions } from './needs.js';

export interface Needs extends NeedsOptions {
  readonly entries: readonly TocEntry[];
  readonly source: RestoreSource;
  /** The database must be created. */
  readonly creates: boolean;
}

/**
 * Checks that the server has every role and extension which the archive names, and that this role may do what the restore
 * needs.
 * @throws BkDbError NOT_FOUND, PERMISSION or IO (space) naming all that is missing at once; nothing is written.
 */
export async function checkNeeds(
  sql: Queryable,
  { entries, source, creates, ...options }: Needs,
): Promise<void> {
  const needs = needsOf(entries, options);
  const roles = await missingRoles(sql, needs.roles);
  const extensions = await missingExtensions(sql, needs.extensions);
  const strangers = options.noOwner ? [] : await notMemberOf(sql, ownersAmong(entries));
  const mayCreate = !creates || (await canCreateDatabase(sql));
  const space = await spaceProblem(sql, source);
  if (roles.length + extensions.length + strangers.length === 0 && mayCreate && space === undefined) return;
  const missing = [
    ...listOf('role', roles),
    ...listOf('extension', extensions),
    ...(strangers.length === 0
      ? []
      : [`membership in ${listOf('role', strangers).join('')}, who own objects of it`]),
    ...(mayCreate ? [] : ['the right to create databases']),
    ...(space === undefined ? [] : [space]),
  ];
  const code =
    roles.length + extensions.length > 0
      ? 'NOT_FOUND'
      : strangers.length > 0 || !mayCreate
        ? 'PERMISSION'
        : 'IO';
  throw new BkDbError(code, `the server lacks what the backup needs: ${missing.join('; ')}`, {
    hint: hintFor({ roles, extensions, strangers, mayCreate, space }),
    details: { roles, extensions, notMemberOf: strangers, mayCreateDatabase: mayCreate },
  });
}

/** What deserves a look before a restore: a server that is older than the one the archive comes from. */
export async function newerSourceWarning(sql: Queryable, source: RestoreSource): Promise<string | undefined> {
  const from = Number.parseInt(source.serverVersion, 10);
  const [row] = await sql<{ major: number }[]>`
    select pg_catalog.current_setting('server_version_num')::int / 10000 as major`;
  const major = row?.major ?? 0;
  if (Number.isNaN(from) || from <= major) return undefined;
  return `the archive comes from PostgreSQL ${from}, the server is ${major}: what the older one does not know ends the restore, and nothing is kept`;
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

/** Who owns something that pg_restore will give to them; extensions belong to who creates them. */
function ownersAmong(entries: readonly TocEntry[]): string[] {
  const owners = entries.flatMap(({ desc, owner }) =>
    owner === null || owner === '' || desc === 'EXTENSION' || desc.startsWith('DATABASE') ? [] : [owner],
  );
  return [...new Set(owners)].sort();
}

async function notMemberOf(sql: Queryable, owners: readonly string[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select r.rolname as name from pg_catalog.pg_roles r
     where r.rolname = any(${[...owners]}::text[]) and not pg_catalog.pg_has_role(r.oid, 'member')
     order by 1`;
  return rows.map(({ name }) => name);
}

async function canCreateDatabase(sql: Queryable): Promise<boolean> {
  const [row] = await sql<{ may: boolean }[]>`
    select r.rolcreatedb or r.rolsuper as may from pg_catalog.pg_roles r where r.rolname = current_user`;
  return row?.may ?? false;
}

function listOf(noun: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`];
}

interface Missing {
  readonly roles: readonly string[];
  readonly extensions: readonly string[];
  readonly strangers: readonly string[];
  readonly mayCreate: boolean;
  readonly space: string | undefined;
}

function hintFor({ roles, extensions, strangers, mayCreate, space }: Missing): string {
  const remedies = [
    ...(roles.length > 0 ? ['create the roles, or restore with --no-owner --no-privileges'] : []),
    ...(extensions.length > 0 ? ["install the extensions' packages on the server"] : []),
    ...(strangers.length > 0
      ? ['connect as a superuser or a member of the owners, or restore with --no-owner']
      : []),
    ...(mayCreate ? [] : ['name an empty database that is there with --into']),
    ...(space === undefined ? [] : ['free some space, or restore a part with --table or --schema']),
  ];
  const text = remedies.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}. Nothing was written.`;
}
