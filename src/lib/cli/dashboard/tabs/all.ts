import { activityTab } from './activity.js';
import { backupsTab } from './backups.js';
import { checksTab } from './checks.js';
import { indexesTab } from './indexes.js';
import { locksTab } from './locks.js';
import { migrationsTab } from './migrations.js';
import { queriesTab } from './queries.js';
import { replicationTab } from './replication.js';
import type { Tab } from './tab.js';
import { tablesTab } from './tables.js';

/** Every tab, in the order of the digits that open them. */
export const TABS: readonly Tab[] = [
  activityTab,
  locksTab,
  tablesTab,
  indexesTab,
  queriesTab,
  replicationTab,
  backupsTab,
  migrationsTab,
  checksTab,
];
