import type { RestoreSource, TocEntry } from '../backup/index.js';
import type { Queryable, Sql } from '../core/database.js';
import { liveProblems } from './live-problems.js';
import { localeProblems } from './locale-problems.js';
import { needsOf, type NeedsOptions } from './needs.js';
import { listOf, refuseProblems, type Problem } from './problem.js';
import { spaceProblems } from './server-space.js';

export interface Needs extends NeedsOptions {
  readonly entries: readonly TocEntry[];
  readonly source: RestoreSource;
  /** The database must be created. */
  readonly creates: boolean;
  /** The live database whose place it takes. */
  readonly replaces?: string | undefined;
}

/**
 * Checks that the server has every role, extension and locale which the archive names, and room; that this role may do
 * what the restore needs; and that a live database can be replaced afterwards.
 * @throws BkDbError NOT_FOUND, PERMISSION, LOCK_HELD or IO (space) naming all that is missing at once; nothing is written.
 */
export async function checkNeeds(
  sql: Sql,
  { entries, source, creates, replaces, ...options }: Needs,
): Promise<void> {
  const needs = needsOf(entries, options);
  refuseProblems([
    ...(await missingRoles(sql, needs.roles)),
    ...(await missingExtensions(sql, needs.extensions)),
    ...(creates ? await localeProblems(sql, source) : []),
    ...(options.noOwner ? [] : await notMemberOf(sql, ownersAmong(entries))),
    ...(creates ? await mayNotCreate(sql) : []),
    ...(replaces === undefined ? [] : await liveProblems(sql, replaces)),
    ...(await spaceProblems(sql, source)),
  ]);
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

/** An empty database that is there already, and has another encoding or collation than the source. */
export async function otherLocaleWarning(
  sql: Queryable,
  database: string,
  { encoding, collation }: RestoreSource,
): Promise<string | undefined> {
  const [target] = await sql<{ encoding: string; collate: string; ctype: string }[]>`
    select pg_catalog.pg_encoding_to_char(d.encoding) as encoding, d.datcollate as collate, d.datctype as ctype
      from pg_catalog.pg_database d where d.datname = ${database}`;
  if (target === undefined) return undefined;
  if (target.encoding !== encoding)
    return `database ${database} has the encoding ${target.encoding}, the source ${encoding}: a character that it does not have ends the restore`;
  if (collation === null || (target.collate === collation.collate && target.ctype === collation.ctype))
    return undefined;
  return `database ${database} has the collation ${target.collate}, the source ${collation.collate}: text sorts and compares in another way`;
}

async function missingRoles(sql: Queryable, wanted: readonly string[]): Promise<Problem[]> {
  const rows = await sql<{ name: string }[]>`
    select wanted.name from pg_catalog.unnest(${[...wanted]}::text[]) as wanted(name)
     where not exists (select from pg_catalog.pg_roles r where r.rolname = wanted.name)`;
  const roles = rows.map(({ name }) => name);
  return problemOf(roles, {
    code: 'NOT_FOUND',
    missing: listOf('role', roles),
    remedy: 'create the roles, or restore with --no-owner --no-privileges',
    details: { roles },
  });
}

async function missingExtensions(sql: Queryable, wanted: readonly string[]): Promise<Problem[]> {
  const rows = await sql<{ name: string }[]>`
    select wanted.name from pg_catalog.unnest(${[...wanted]}::text[]) as wanted(name)
     where not exists (select from pg_catalog.pg_available_extensions e where e.name = wanted.name)`;
  const extensions = rows.map(({ name }) => name);
  return problemOf(extensions, {
    code: 'NOT_FOUND',
    missing: listOf('extension', extensions),
    remedy: "install the extensions' packages on the server",
    details: { extensions },
  });
}

/** Who owns something that pg_restore will give to them; extensions belong to who creates them. */
function ownersAmong(entries: readonly TocEntry[]): string[] {
  const owners = entries.flatMap(({ desc, owner }) =>
    owner === null || owner === '' || desc === 'EXTENSION' || desc.startsWith('DATABASE') ? [] : [owner],
  );
  return [...new Set(owners)].sort();
}

async function notMemberOf(sql: Queryable, owners: readonly string[]): Promise<Problem[]> {
  const rows = await sql<{ name: string }[]>`
    select r.rolname as name from pg_catalog.pg_roles r
     where r.rolname = any(${[...owners]}::text[]) and not pg_catalog.pg_has_role(r.oid, 'member')
     order by 1`;
  const strangers = rows.map(({ name }) => name);
  return problemOf(strangers, {
    code: 'PERMISSION',
    missing: `membership in ${listOf('role', strangers)}, who own objects of it`,
    remedy: 'connect as a superuser or a member of the owners, or restore with --no-owner',
    details: { notMemberOf: strangers },
  });
}

async function mayNotCreate(sql: Queryable): Promise<Problem[]> {
  const rows = await sql`
    select from pg_catalog.pg_roles r
     where r.rolname = current_user and not (r.rolcreatedb or r.rolsuper)`;
  return problemOf(rows, {
    code: 'PERMISSION',
    missing: 'the right to create databases',
    remedy: 'name an empty database that is there with --into',
    details: { mayCreateDatabase: false },
  });
}

function problemOf(found: readonly unknown[], problem: Problem): Problem[] {
  return found.length === 0 ? [] : [problem];
}
