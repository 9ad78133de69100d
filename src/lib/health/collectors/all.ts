import { activity } from './activity.js';
import { archiver, prepared } from './archiver.js';
import { bloat } from './bloat.js';
import { checkpoints } from './checkpoints.js';
import { collations } from './collations.js';
import type { Collector } from './collector.js';
import { databases } from './databases.js';
import { foreignKeys, indexes } from './index-list.js';
import { invalidIndexes } from './indexes.js';
import { locks } from './locks.js';
import { oldStatistics } from './planner-statistics.js';
import { replicas, slots, standby } from './replication.js';
import { sequences } from './sequences.js';
import { extensions, settings } from './settings.js';
import { statements } from './statements.js';
import { tables } from './table-list.js';
import { tablesWithoutKey, vacuumLag } from './tables.js';

/** Every collector by the name of the snapshot's section that it fills. */
export const COLLECTORS = {
  activity,
  locks,
  databases,
  replicas,
  standby,
  slots,
  archiver,
  prepared,
  invalidIndexes,
  sequences,
  vacuumLag,
  settings,
  extensions,
  collations,
  indexes,
  foreignKeys,
  tablesWithoutKey,
  bloat,
  checkpoints,
  oldStatistics,
  tables,
  statements,
} as const satisfies Record<string, Collector<unknown>>;

export type CollectorName = keyof typeof COLLECTORS;
/** What each of these sections of a snapshot holds. */
export type CollectedSections = {
  readonly [N in CollectorName]: Awaited<ReturnType<(typeof COLLECTORS)[N]['collect']>>;
};
