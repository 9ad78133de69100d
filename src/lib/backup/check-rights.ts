import type { Database, Queryable } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { isSelected, isWithoutData, type NamedRelation } from './name-pattern.js';
import type { Selection } from './types.js';

/** How many names a message lists. */
const NAMES_SHOWN = 5;

/**
 * Checks that the role may read everything that a dump reads; pg_dump itself would find out only half-way.
 * @throws BkDbError PERMISSION naming the role and the objects.
 */
export async function checkReadable(
  { sql, target }: Database,
  selection: Selection | undefined,
): Promise<void> {
  const chosen = (row: RelationRow) => selection === undefined || isSelected(row, selection);
  const unreadable = (await findUnreadable(sql)).filter(chosen).map(({ shown }) => shown);
  if (unreadable.length > 0) {
    throw new BkDbError('PERMISSION', `role ${target.user} may not read ${listNames(unreadable)}`, {
      hint: `Grant it: GRANT pg_read_all_data TO "${target.user}", or connect as the owner.`,
      details: { role: target.user, objects: unreadable },
    });
  }
  const filtered = (await findFilteredByRowSecurity(sql))
    .filter((row) => chosen(row) && (selection === undefined || !isWithoutData(row, selection)))
    .map(({ shown }) => shown);
  if (filtered.length > 0) {
    throw new BkDbError(
      'PERMISSION',
      `row security would hide rows of ${listNames(filtered)} from role ${target.user}`,
      {
        hint: `Connect as the tables' owner, or ALTER ROLE "${target.user}" BYPASSRLS.`,
        details: { role: target.user, objects: filtered },
      },
    );
  }
}

interface RelationRow extends NamedRelation {
  /** Quoted where needed. */
  readonly shown: string;
}

/** Tables and sequences whose contents a dump reads, without those which belong to extensions. */
async function findUnreadable(sql: Queryable): Promise<readonly RelationRow[]> {
  return sql<RelationRow[]>`
    select pg_catalog.format('%I.%I', n.nspname, c.relname) as shown,
           n.nspname as schema, c.relname as name, pg_catalog.pg_table_is_visible(c.oid) as visible
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'S')
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
       and not (pg_catalog.has_schema_privilege(n.oid, 'usage')
                and case when c.relkind = 'S' then pg_catalog.has_sequence_privilege(c.oid, 'select')
                         else pg_catalog.has_table_privilege(c.oid, 'select') end)
     order by 1`;
}

async function findFilteredByRowSecurity(sql: Queryable): Promise<readonly RelationRow[]> {
  return sql<RelationRow[]>`
    select pg_catalog.format('%I.%I', n.nspname, c.relname) as shown,
           n.nspname as schema, c.relname as name, pg_catalog.pg_table_is_visible(c.oid) as visible
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relrowsecurity and pg_catalog.row_security_active(c.oid)
     order by 1`;
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}
