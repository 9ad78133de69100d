import type { Queryable } from '../core/database.js';
import { runTransaction } from '../core/transaction.js';
import { commonTables } from './catalogue/common.js';
import { grantObjects } from './catalogue/grants.js';
import { linkObjects, publicationObjects } from './catalogue/links.js';
import { localeObjects } from './catalogue/text-search.js';
import { relationObjects } from './catalogue/relations.js';
import { relationParts } from './catalogue/relation-parts.js';
import { routineObjects } from './catalogue/routines.js';

/** One object of a schema: what it is, its name, and all of its definition as one text. */
export interface SchemaObject {
  /** Such as `table`, `column`, `index`, `grant`. */
  readonly kind: string;
  /** Qualified, as in `public.orders.customer_id`. */
  readonly name: string;
  readonly definition: string;
  /** Belongs to a partition, which may come and go with time. */
  readonly ofPartition: boolean;
}

/**
 * Everything that migrations make in a database, from its catalogue in one query: two databases with equal lists have
 * the same schema. Left out are system schemas, the ledger, members of extensions, who owns what,
 * and what belongs to the database itself (its settings, privileges and comment), which is made with it and not by migrations.
 */
export async function listSchemaObjects(sql: Queryable): Promise<readonly SchemaObject[]> {
  return runTransaction(sql, async (transaction) => {
    // Names of types and functions are written in full, whatever the database's own search path.
    const [session] = await transaction<{ version: number }[]>`
      select pg_catalog.set_config('search_path', '', true), pg_catalog.current_setting('server_version_num')::int as version`;
    return readObjects(transaction, session?.version ?? 0);
  });
}

async function readObjects(sql: Queryable, serverVersion: number): Promise<readonly SchemaObject[]> {
  return sql<SchemaObject[]>`
    ${commonTables(sql)}
    ${relationObjects(sql)}
    union all ${relationParts(sql)}
    union all ${routineObjects(sql)}
    union all ${localeObjects(sql)}
    union all ${linkObjects(sql)}
    union all ${publicationObjects(sql, serverVersion)}
    union all ${grantObjects(sql)}
     order by 1, 2`;
}
