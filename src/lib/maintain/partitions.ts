import type { Queryable } from '../core/database.js';

/** A partition of one of the tables that have a policy, except the default ones. */
export interface Partition {
  readonly parent: string;
  readonly partition: string;
  readonly lower: Date | null;
  readonly upper: Date | null;
}

/** The partitions of all tables that have a policy, oldest first. */
export async function readPartitions(sql: Queryable): Promise<readonly Partition[]> {
  return sql<Partition[]>`
    select p.parent, d.partition, d.lower_bound as lower, d.upper_bound as upper
      from bk.partition_policies p cross join bk.partitions(p.parent) d
     where not d.is_default
     order by p.parent, d.lower_bound nulls first`;
}

/** The tables that have a policy, in order of name, and whether they exist. */
export async function readPolicies(
  sql: Queryable,
): Promise<readonly { readonly parent: string; readonly exists: boolean }[]> {
  return sql<{ parent: string; exists: boolean }[]>`
    select p.parent, pg_catalog.to_regclass(p.parent) is not null as exists
      from bk.partition_policies p
     order by p.parent`;
}
