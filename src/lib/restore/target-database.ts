import type { RestoreSource } from '../backup/index.js';
import { withDatabase as onDatabase, type ConnectionTarget } from '../core/connection.js';
import {
  openDatabase,
  quoteIdentifier,
  quoteLiteral,
  withDatabase,
  type Database,
  type Queryable,
  type Sql,
} from '../core/database.js';
import { BkDbError } from '../core/errors.js';

/** Databases that a server has from the beginning: where one connects in order to create another. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];
const NAMES_SHOWN = 3;

/**
 * Sees whether the target database exists, and that it is empty then.
 * @throws BkDbError TARGET_NOT_EMPTY before anything is written; CONNECTION_FAILED, PERMISSION.
 */
export async function checkTarget(target: ConnectionTarget): Promise<{ readonly exists: boolean }> {
  const contents = await readContents(target);
  if (contents !== undefined && contents.length > 0) throw notEmpty(target.database, contents);
  return { exists: contents !== undefined };
}

/** Creates the target database like the source, owned by its owner unless `noOwner`. */
export async function createTarget(
  target: ConnectionTarget,
  backup: RestoreSource,
  noOwner: boolean,
): Promise<void> {
  await onMaintenance(target, (sql) =>
    createDatabase(sql, target, noOwner ? { ...backup, owner: null } : backup),
  );
}

/** Drops a database that this restore created, with whatever sessions a killed pg_restore left in it. */
export async function dropTarget(target: ConnectionTarget): Promise<void> {
  await onMaintenance(target, async (sql) => {
    await sql`drop database if exists ${sql(target.database)} with (force)`;
  });
}

/** Objects that somebody made in the database; undefined when there is no such database. */
export async function readContents(target: ConnectionTarget): Promise<string[] | undefined> {
  try {
    return await withDatabase(target, {}, ({ sql }) => findObjects(sql));
  } catch (error) {
    if (error instanceof BkDbError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

async function findObjects(sql: Queryable): Promise<string[]> {
  const rows = await sql<{ object: string }[]>`
    with extension_member as (
      select classid, objid from pg_catalog.pg_depend where deptype = 'e'
    ), own_schema as (
      select oid, nspname from pg_catalog.pg_namespace
       where nspname !~ '^pg_' and nspname <> 'information_schema'
    ), object as (
      select 'relation ' || pg_catalog.format('%I.%I', s.nspname, c.relname) as object,
             'pg_catalog.pg_class'::regclass as classid, c.oid
        from pg_catalog.pg_class c join own_schema s on s.oid = c.relnamespace
       where c.relkind <> 'i' and c.relkind <> 'I'
      union all
      select 'function ' || pg_catalog.format('%I.%I', s.nspname, p.proname), 'pg_catalog.pg_proc'::regclass, p.oid
        from pg_catalog.pg_proc p join own_schema s on s.oid = p.pronamespace
      union all
      select 'type ' || pg_catalog.format('%I.%I', s.nspname, t.typname), 'pg_catalog.pg_type'::regclass, t.oid
        from pg_catalog.pg_type t join own_schema s on s.oid = t.typnamespace
       where t.typrelid = 0 and t.typelem = 0
      union all
      select 'schema ' || pg_catalog.quote_ident(s.nspname), 'pg_catalog.pg_namespace'::regclass, s.oid
        from own_schema s where s.nspname <> 'public'
      union all
      select 'large object ' || l.oid::text, 'pg_catalog.pg_largeobject'::regclass, l.oid
        from pg_catalog.pg_largeobject_metadata l
    )
    select o.object from object o
     where not exists (select from extension_member m where m.classid = o.classid and m.objid = o.oid)
     order by 1`;
  return rows.map(({ object }) => object);
}

function notEmpty(database: string, objects: readonly string[]): BkDbError {
  const shown = objects.slice(0, NAMES_SHOWN).join(', ');
  const more = objects.length > NAMES_SHOWN ? ` and ${objects.length - NAMES_SHOWN} more objects` : '';
  return new BkDbError('TARGET_NOT_EMPTY', `database ${database} is not empty: it has ${shown}${more}`, {
    hint: 'Name a new or empty database with --into; nothing was written.',
    details: { database, objects: objects.length, examples: objects.slice(0, 20) },
  });
}

/** Runs the work with two connections to a database of the server that is surely there. */
export async function onMaintenance<T>(target: ConnectionTarget, work: (sql: Sql) => Promise<T>): Promise<T> {
  const database = await openMaintenance(target);
  try {
    return await work(database.sql);
  } finally {
    await database.close();
  }
}

/** A database of the server that is surely there, and is not this one. */
export async function maintenanceTarget(target: ConnectionTarget): Promise<ConnectionTarget> {
  const database = await openMaintenance(target);
  await database.close();
  return database.target;
}

/** The first of them that is there and is not the one to be worked on. */
async function openMaintenance(target: ConnectionTarget): Promise<Database> {
  const names = MAINTENANCE_DATABASES.filter((name) => name !== target.database);
  for (const name of names.slice(0, -1)) {
    try {
      return await openDatabase(onDatabase(target, name), { pool: { max: 2 } });
    } catch (error) {
      if (!(error instanceof BkDbError) || error.code !== 'NOT_FOUND') throw error;
    }
  }
  return openDatabase(onDatabase(target, names.at(-1) ?? 'template1'), { pool: { max: 2 } });
}

async function createDatabase(sql: Sql, target: ConnectionTarget, backup: RestoreSource): Promise<void> {
  const [owner] = await sql<{ name: string }[]>`
    select r.rolname as name from pg_catalog.pg_roles r
     where r.rolname = ${backup.owner} and pg_catalog.pg_has_role(r.oid, 'member')`;
  try {
    await sql.unsafe(createDatabaseStatement(target.database, backup, owner?.name));
  } catch (error) {
    throw localeFailure(error, backup) ?? error;
  }
}

/** From template0, so that what a site keeps in template1 does not come in, with the source's encoding and collation. */
function createDatabaseStatement(database: string, backup: RestoreSource, owner: string | undefined): string {
  const { encoding, collation } = backup;
  const plainly = [
    `create database ${quoteIdentifier(database)} template template0`,
    ...(owner === undefined ? [] : [`owner ${quoteIdentifier(owner)}`]),
  ];
  if (collation === null) return plainly.join(' ');
  const { provider, collate, ctype, locale } = collation;
  return [
    ...plainly,
    `encoding ${quoteLiteral(encoding)}`,
    `lc_collate ${quoteLiteral(collate)} lc_ctype ${quoteLiteral(ctype)}`,
    ...(provider === 'icu' ? [`locale_provider icu icu_locale ${quoteLiteral(locale ?? '')}`] : []),
    ...(provider === 'builtin'
      ? [`locale_provider builtin builtin_locale ${quoteLiteral(locale ?? '')}`]
      : []),
  ].join(' ');
}

function localeFailure(error: unknown, { encoding, collation }: RestoreSource): BkDbError | undefined {
  if (!(error instanceof Error) || !/locale|encoding/i.test(error.message)) return undefined;
  return new BkDbError(
    'TOOL_FAILED',
    `the server cannot create a database like the source: ${error.message}`,
    {
      hint: `Install the locale on the server, or create an empty database with another one and name it with --into.`,
      details: { encoding, collation },
      cause: error,
    },
  );
}
