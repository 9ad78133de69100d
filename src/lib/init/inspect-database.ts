import type { ConnectionTarget } from '../core/connection.js';
import { withDatabase } from '../core/database.js';

/** What would be lost if the database were dropped. */
export interface DatabaseContents {
  readonly tables: number;
  readonly sizeBytes: number;
}

/** Counts the tables that belong to nobody's extension, and the database's size in bytes. */
export async function inspectDatabase(target: ConnectionTarget): Promise<DatabaseContents> {
  return withDatabase(target, {}, async ({ sql }) => {
    const [row] = await sql<{ tables: number; size: string }[]>`
      select count(*)::int as tables, pg_catalog.pg_database_size(current_database())::text as size
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'f', 'm')
         and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
         and not exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;
    return { tables: row?.tables ?? 0, sizeBytes: Number(row?.size ?? 0) };
  });
}
