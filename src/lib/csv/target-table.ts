import { BkDbError } from '../core/errors.js';
import { quoteQualified, type Queryable } from '../core/database.js';

export interface TargetColumn {
  readonly name: string;
  /** Its type without a length, such as `character varying`; a domain as itself. */
  readonly type: string;
  /** Its type with the length, such as `character varying(20)`. */
  readonly fullType: string;
  readonly isGenerated: boolean;
  readonly isAlwaysIdentity: boolean;
  /** The sequence that fills it, quoted. */
  readonly sequence: string | null;
}

/** The table or view that rows go to. */
export interface TargetTable {
  readonly schema: string;
  readonly name: string;
  /** Quoted, for SQL. */
  readonly sqlName: string;
  /** `schema.name`, for people. */
  readonly label: string;
  /** COPY can write into it: neither a view nor under row-level security. */
  readonly takesCopy: boolean;
  readonly columns: readonly TargetColumn[];
  readonly primaryKey: readonly string[];
}

interface FoundRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly restricted: boolean;
}

const KINDS: Readonly<Record<string, string>> = { r: 'table', p: 'table', f: 'table', v: 'view' };

/**
 * Looks a table up by `name` (on the search path) or `schema.name`; names are as they stand in the catalogue, and may be
 * quoted as in SQL.
 * @throws BkDbError NOT_FOUND; USAGE for what takes no rows, such as an index.
 */
export async function readTargetTable(sql: Queryable, name: string): Promise<TargetTable> {
  const relation = await findRelation(sql, name);
  if (KINDS[relation.kind] === undefined)
    throw new BkDbError(
      'USAGE',
      `${relation.schema}.${relation.name} is no table that rows can be loaded into`,
    );
  const columns = await sql<TargetColumn[]>`
    select a.attname as name,
           pg_catalog.format_type(a.atttypid, -1) as type,
           pg_catalog.format_type(a.atttypid, a.atttypmod) as "fullType",
           a.attgenerated <> '' as "isGenerated",
           a.attidentity = 'a' as "isAlwaysIdentity",
           (select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.relname)
              from pg_catalog.pg_depend d
              join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
              join pg_catalog.pg_namespace n on n.oid = s.relnamespace
             where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = a.attrelid
               and d.refobjsubid = a.attnum and d.deptype in ('a', 'i')
             limit 1) as sequence
      from pg_catalog.pg_attribute a
     where a.attrelid = ${relation.oid} and a.attnum > 0 and not a.attisdropped
     order by a.attnum`;
  const key = await sql<{ name: string }[]>`
    select a.attname as name
      from pg_catalog.pg_index i
      cross join lateral pg_catalog.unnest(i.indkey) with ordinality as k(attnum, n)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     where i.indrelid = ${relation.oid} and i.indisprimary
     order by k.n`;
  return {
    schema: relation.schema,
    name: relation.name,
    sqlName: quoteQualified(relation.schema, relation.name),
    label: `${relation.schema}.${relation.name}`,
    takesCopy: relation.kind !== 'v' && !relation.restricted,
    columns: [...columns],
    primaryKey: key.map((column) => column.name),
  };
}

async function findRelation(sql: Queryable, name: string): Promise<FoundRelation> {
  const { schema, table } = splitName(name);
  const found = await sql<FoundRelation[]>`
    select c.oid::int8::float8 as oid, n.nspname as schema, c.relname as name, c.relkind::text as kind,
           pg_catalog.row_security_active(c.oid) as restricted
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relname = ${table}
       and (n.nspname = ${schema ?? ''} or ${schema === undefined} and pg_catalog.pg_table_is_visible(c.oid))`;
  const [relation] = found;
  if (relation !== undefined) return relation;
  const near = await sql<{ label: string }[]>`
    select n.nspname || '.' || c.relname as label
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'f', 'v') and pg_catalog.lower(c.relname) = pg_catalog.lower(${table})
       and n.nspname not in ('pg_catalog', 'information_schema')
     order by 1 limit 3`;
  const meant = near.map(({ label }) => label).join(' or ');
  throw new BkDbError('NOT_FOUND', `there is no table ${name}`, {
    hint: meant === '' ? 'Name it with its schema: sales.orders.' : `Is ${meant} meant?`,
  });
}

/** `a.b`, `"A.b".c` and `"x""y"` as PostgreSQL reads them, but without folding to lower case. */
function splitName(name: string): { readonly schema: string | undefined; readonly table: string } {
  const parts = name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
  const plain = parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
  if (plain.length === 1) return { schema: undefined, table: plain[0] ?? '' };
  if (plain.length === 2) return { schema: plain[0] ?? '', table: plain[1] ?? '' };
  throw new BkDbError('USAGE', `not a table's name: ${name}`, { hint: 'Write table or schema.table.' });
}
