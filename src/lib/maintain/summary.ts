import type { Partition } from './partitions.js';
import type { TableMaintenance } from './types.js';

/** A row of bk.maintain_partitions(). */
export interface Action {
  readonly parent: string;
  readonly action: string;
  readonly partition: string;
}

export interface Run {
  readonly before: readonly Partition[];
  readonly actions: readonly Action[];
  readonly after: readonly Partition[];
}

/** What a run did to one table. Of a dropped partition only the list taken before knows the bounds. */
export function summarise(table: string, { before, actions, after }: Run): TableMaintenance {
  const own = actions.filter(({ parent }) => parent === table);
  const newest = after.findLast(({ parent }) => parent === table);
  return {
    table,
    created: own
      .filter(({ action }) => action.startsWith('created'))
      .map(({ partition, action }) => ({ ...describe(after, partition), rowsMoved: rowsMoved(action) })),
    dropped: own
      .filter(({ action }) => action === 'dropped')
      .map(({ partition }) => describe(before, partition)),
    readyUntil: newest?.upper?.toISOString() ?? null,
  };
}

function describe(partitions: readonly Partition[], name: string) {
  const found = partitions.find(({ partition }) => partition === name);
  return {
    partition: name,
    from: found?.lower?.toISOString() ?? null,
    to: found?.upper?.toISOString() ?? null,
  };
}

/** From `created, 12 rows moved from default`. */
function rowsMoved(action: string): number {
  return Number(/\d+/.exec(action)?.[0] ?? 0);
}
