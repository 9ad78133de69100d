import { quoteIdentifier, quoteLiteral, type Queryable } from '../core/database.js';

/** What belongs to a database itself rather than to its contents, and is lost unless it is carried over. */
export interface DatabaseProperties {
  readonly owner: string;
  /** -1 means no limit. */
  readonly connectionLimit: number;
  readonly comment: string | null;
  /** Null means PostgreSQL's default rights. */
  readonly grants: readonly DatabaseGrant[] | null;
  readonly settings: readonly DatabaseSetting[];
}

interface DatabaseGrant {
  /** Null means PUBLIC. */
  readonly grantee: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
}

interface DatabaseSetting {
  /** Null means every role. */
  readonly role: string | null;
  readonly name: string;
  readonly value: string;
}

/** Settings whose stored values are lists of names that are quoted already. */
const QUOTED_LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'temp_tablespaces',
]);

/** Reads a database's own properties; undefined when there is no such database. */
export async function readDatabaseProperties(
  sql: Queryable,
  database: string,
): Promise<DatabaseProperties | undefined> {
  const [row] = await sql<(Omit<DatabaseProperties, 'grants' | 'settings'> & { hasAcl: boolean })[]>`
    select pg_catalog.pg_get_userbyid(d.datdba) as owner,
           d.datconnlimit as "connectionLimit",
           pg_catalog.shobj_description(d.oid, 'pg_database') as comment,
           d.datacl is not null as "hasAcl"
      from pg_catalog.pg_database d where d.datname = ${database}`;
  if (row === undefined) return undefined;
  const { hasAcl, ...properties } = row;
  const grants = await sql<DatabaseGrant[]>`
    select case when a.grantee = 0 then null else pg_catalog.pg_get_userbyid(a.grantee) end as grantee,
           a.privilege_type as privilege, a.is_grantable as grantable
      from pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a
     where d.datname = ${database}`;
  const settings = await sql<DatabaseSetting[]>`
    select case when s.setrole = 0 then null else pg_catalog.pg_get_userbyid(s.setrole) end as role,
           pg_catalog.split_part(c.entry, '=', 1) as name,
           pg_catalog.substr(c.entry, pg_catalog.strpos(c.entry, '=') + 1) as value
      from pg_catalog.pg_db_role_setting s
      join pg_catalog.pg_database d on d.oid = s.setdatabase,
           pg_catalog.unnest(s.setconfig) as c(entry)
     where d.datname = ${database}`;
  return { ...properties, grants: hasAcl ? [...grants] : null, settings: [...settings] };
}

/** The statements that give a database these properties; its comment comes with its name. Pure. */
export function propertyStatements(database: string, properties: DatabaseProperties): string[] {
  const name = quoteIdentifier(database);
  const { owner, connectionLimit, grants, settings } = properties;
  return [
    `alter database ${name} owner to ${quoteIdentifier(owner)}`,
    ...(connectionLimit === -1 ? [] : [`alter database ${name} connection limit ${connectionLimit}`]),
    ...(grants === null ? [] : [`revoke all on database ${name} from public`]),
    ...(grants ?? []).map((grant) => grantStatement(name, grant)),
    ...settings.map((setting) => settingStatement(name, setting)),
  ];
}

function grantStatement(database: string, { grantee, privilege, grantable }: DatabaseGrant): string {
  const to = grantee === null ? 'public' : quoteIdentifier(grantee);
  return `grant ${privilege} on database ${database} to ${to}${grantable ? ' with grant option' : ''}`;
}

function settingStatement(database: string, { role, name, value }: DatabaseSetting): string {
  const whose =
    role === null
      ? `alter database ${database}`
      : `alter role ${quoteIdentifier(role)} in database ${database}`;
  const text = QUOTED_LISTS.has(name) && value !== '' ? value : quoteLiteral(value);
  return `${whose} set ${name.split('.').map(quoteIdentifier).join('.')} to ${text}`;
}
