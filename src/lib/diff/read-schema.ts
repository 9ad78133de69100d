import { parseArchiveToc, type TocEntry } from '../backup/index.js';
import type { ConnectionTarget } from '../core/connection.js';
import { withDatabase, type Queryable } from '../core/database.js';
import { withLibpqEnvironment } from '../core/libpq-environment.js';
import { findToolFor, type PgStreamDeps } from '../core/pg-tools.js';
import { runTransaction } from '../core/transaction.js';
import { listSchemaObjects, type SchemaObject } from '../migrate/index.js';

/** A column of a table, expressions as PostgreSQL writes them with every name qualified. */
export interface ColumnShape {
  readonly name: string;
  readonly type: string;
  /** Quoted and qualified; null for the type's own. */
  readonly collation: string | null;
  readonly notNull: boolean;
  /** Of an identity column. */
  readonly identity: 'ALWAYS' | 'BY DEFAULT' | null;
  readonly defaultExpression: string | null;
  /** Of a generated column. */
  readonly generated: string | null;
}

/** What a table is, beside what pg_dump writes as statements of their own. */
export interface TableShape {
  /** Qualified and quoted. */
  readonly name: string;
  readonly isPartition: boolean;
  readonly isPartitioned: boolean;
  readonly isUnlogged: boolean;
  /** d, f or n; i where an index is the identity. */
  readonly replicaIdentity: string;
  readonly options: readonly string[];
  readonly columns: readonly ColumnShape[];
  /** Definitions of check constraints by name, inherited ones left out. */
  readonly checks: Readonly<Record<string, string>>;
}

/** A database's schema as statements, in the order in which they can be run, and as a list of objects. */
export interface Schema {
  readonly entries: readonly TocEntry[];
  /** By the qualified and quoted name. */
  readonly tables: ReadonlyMap<string, TableShape>;
  readonly objects: readonly SchemaObject[];
}

export interface ReadSchemaDeps {
  readonly pgTools: PgStreamDeps;
  readonly signal: AbortSignal;
}

const NO_OBJECTS = new Set([
  'ENCODING',
  'STDSTRINGS',
  'SEARCHPATH',
  'DATABASE',
  'DATABASE PROPERTIES',
  'SEQUENCE SET',
  // They act on another server, and hold passwords.
  'SUBSCRIPTION',
  'SUBSCRIPTION TABLE',
  'USER MAPPING',
]);

/**
 * Reads a schema without owners, the ledger of migrations, and partitions, which come and go with time.
 * @throws BkDbError TOOL_MISSING, TOOL_FAILED, CONNECTION_FAILED, PERMISSION.
 */
export async function readSchema(deps: ReadSchemaDeps, target: ConnectionTarget): Promise<Schema> {
  const { tables, objects, major } = await withDatabase(target, {}, async ({ sql, serverVersion }) => ({
    tables: new Map((await runTransaction(sql, readTables)).map((table) => [table.name, table])),
    objects: await listSchemaObjects(sql),
    major: Math.floor(serverVersion / 10_000),
  }));
  const all = (await dumpEntries(deps, target, major)).filter(isObject);
  const partitions = partitionsAmong(all, tables);
  return {
    entries: all.filter(({ dumpId }) => !partitions.has(dumpId)),
    tables,
    objects: objects.filter(({ ofPartition }) => !ofPartition),
  };
}

function isObject({ desc, tag }: TocEntry): boolean {
  return !NO_OBJECTS.has(desc) && !desc.endsWith(' DATA') && !/^(DATABASE|EXTENSION) /.test(tag);
}

async function dumpEntries(
  { pgTools, signal }: ReadSchemaDeps,
  target: ConnectionTarget,
  major: number,
): Promise<readonly TocEntry[]> {
  const { path } = await findToolFor(pgTools, 'pg_dump', major);
  return withLibpqEnvironment(target, async (env) => {
    const args = ['--format=custom', '--schema-only', '--no-password', '--exclude-schema=bk_migrations'];
    const pieces: Buffer[] = [];
    for await (const piece of pgTools.openTool({ command: path, args, env }, { signal })) pieces.push(piece);
    return parseArchiveToc(Buffer.concat(pieces)).entries;
  });
}

/** The partitions, and whatever depends on one, such as its indexes. */
function partitionsAmong(entries: readonly TocEntry[], tables: ReadonlyMap<string, TableShape>): Set<number> {
  const found = new Set<number>();
  for (const entry of entries) {
    const isPartition = entry.desc === 'TABLE' && tables.get(nameIn(entry.definition))?.isPartition === true;
    if (isPartition || entry.dependencies.some((id) => found.has(id))) found.add(entry.dumpId);
  }
  return found;
}

const TABLE_NAME =
  /^CREATE (?:UNLOGGED |FOREIGN )?TABLE ((?:"(?:[^"]|"")+"|[^\s."]+)\.(?:"(?:[^"]|"")+"|[^\s."]+))/;

/** The name in a statement that creates a table. */
export function nameIn(definition: string | null): string {
  return TABLE_NAME.exec(definition ?? '')?.[1] ?? '';
}

async function readTables(sql: Queryable): Promise<readonly TableShape[]> {
  // Expressions then name every table, type and function in full.
  await sql`select pg_catalog.set_config('search_path', '', true)`;
  return sql<TableShape[]>`
    select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relispartition as "isPartition",
           c.relkind = 'p' as "isPartitioned", c.relpersistence = 'u' as "isUnlogged",
           c.relreplident::text as "replicaIdentity", coalesce(c.reloptions, '{}') as options,
           coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object(
                       'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                       'collation', (select pg_catalog.format('%I.%I', m.nspname, l.collname)
                                       from pg_catalog.pg_collation l
                                       join pg_catalog.pg_namespace m on m.oid = l.collnamespace
                                       join pg_catalog.pg_type t on t.oid = a.atttypid
                                      where l.oid = a.attcollation and a.attcollation <> t.typcollation),
                       'notNull', a.attnotnull, 'identity', case a.attidentity when 'a' then 'ALWAYS' when 'd' then 'BY DEFAULT' end,
                       'defaultExpression', case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
                       'generated', case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end)
                     order by a.attnum)
                       from pg_catalog.pg_attribute a
                       left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
           coalesce((select pg_catalog.json_object_agg(k.conname, pg_catalog.pg_get_constraintdef(k.oid))
                       from pg_catalog.pg_constraint k
                      where k.conrelid = c.oid and k.contype = 'c' and k.conislocal), '{}') as checks
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'f') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'bk_migrations')
     order by 1`;
}
