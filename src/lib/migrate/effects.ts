import type { Observation } from './observe.js';
import type { Effect } from './types.js';

/** How much a table holds in the real database. */
export interface TableSize {
  /** The planner's estimate. */
  readonly rows: number;
  readonly bytes: number;
}

/** What lock modes keep others from doing; weaker ones do not show. */
const BLOCKS: Readonly<Record<string, Effect['blocks']>> = {
  AccessExclusiveLock: 'reads and writes',
  ExclusiveLock: 'writes',
  ShareRowExclusiveLock: 'writes',
  ShareLock: 'writes',
  ShareUpdateExclusiveLock: 'schema changes',
};
const SEVERITY: readonly Effect['blocks'][] = ['schema changes', 'writes', 'reads and writes'];

/**
 * What a statement did to the tables that were there before its file: which it locked and how, rewrote, read through, built
 * indexes on, or dropped. `start` is from before the file; tables that the file made itself are nobody's yet. Pure.
 */
export function effectsOf(
  start: Observation,
  before: Observation,
  after: Observation,
  sizes: ReadonlyMap<string, TableSize>,
): Effect[] {
  const effects = [...start.tables.values()].flatMap(({ oid, name }): Effect[] => {
    const [old, now] = [before.tables.get(oid), after.tables.get(oid)];
    if (old === undefined) return [];
    const size = sizes.get(name) ?? { rows: 0, bytes: 0 };
    const about = { table: name, ...size };
    if (now === undefined)
      return [
        {
          ...about,
          blocks: 'reads and writes',
          dropped: true,
          droppedColumns: [],
          rewritten: false,
          scanned: false,
          newIndexes: [],
        },
      ];
    const work = {
      dropped: false,
      droppedColumns: old.columns.filter((column) => !now.columns.includes(column)),
      rewritten: old.file !== now.file,
      scanned: now.scans > old.scans,
      newIndexes: now.indexes.filter((index) => !old.indexes.includes(index)),
    };
    // A lock that an earlier statement took is held all the same while this one works.
    const isHeldAnew = strongest(modesOn(after, oid)) !== strongest(modesOn(before, oid));
    if (!isHeldAnew && !isWork(work)) return [];
    const effect = { ...about, blocks: strongest(modesOn(after, oid)), ...work };
    return effect.blocks === null && !isWork(work) ? [] : [effect];
  });
  return effects.sort((a, b) => b.rows - a.rows);
}

function modesOn({ locks }: Observation, oid: number): string[] {
  return locks.filter((lock) => lock.oid === oid).map(({ mode }) => mode);
}

function strongest(modes: readonly string[]): Effect['blocks'] {
  const severities = modes.map((mode) => SEVERITY.indexOf(BLOCKS[mode] ?? null));
  return SEVERITY[Math.max(-1, ...severities)] ?? null;
}

type Work = Pick<Effect, 'droppedColumns' | 'rewritten' | 'scanned' | 'newIndexes'>;

function isWork({ droppedColumns, rewritten, scanned, newIndexes }: Work): boolean {
  return rewritten || scanned || droppedColumns.length + newIndexes.length > 0;
}

/**
 * `long` when a lock that keeps others out is held while all rows of a table are read or written; `data` when rows or
 * columns are lost; `brief` for a lock that is short by itself; else `none`. Pure.
 */
export function riskOf(effects: readonly Effect[]): 'none' | 'brief' | 'long' | 'data' {
  if (effects.some(({ dropped, droppedColumns }) => dropped || droppedColumns.length > 0)) return 'data';
  const blocking = effects.filter(({ blocks }) => blocks === 'writes' || blocks === 'reads and writes');
  if (blocking.some((effect) => isWork(effect) && effect.rows > 0)) return 'long';
  return blocking.length > 0 ? 'brief' : 'none';
}
