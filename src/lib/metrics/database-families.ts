import type { Sections } from '../health/index.js';
import { familyOf, type Family } from './family.js';

type DatabaseFacts = Sections['databases'][number];

/** Counters and ages of each database. */
export const DATABASE_FAMILIES: readonly Family[] = [
  familyOf('databases', {
    name: 'bk_db_transactions_total',
    help: 'Transactions by how they ended.',
    type: 'counter',
    labels: ['database', 'outcome'],
    read: (databases) =>
      databases.flatMap(({ name, commits, rollbacks }) => [
        { value: commits, labels: { database: name, outcome: 'commit' } },
        { value: rollbacks, labels: { database: name, outcome: 'rollback' } },
      ]),
  }),
  familyOf('databases', {
    name: 'bk_db_blocks_total',
    help: 'Blocks by where they were found: in shared buffers, or read from the operating system.',
    type: 'counter',
    labels: ['database', 'source'],
    read: (databases) =>
      databases.flatMap(({ name, blocksHit, blocksRead }) => [
        { value: blocksHit, labels: { database: name, source: 'hit' } },
        { value: blocksRead, labels: { database: name, source: 'read' } },
      ]),
  }),
  perDatabase('bk_db_deadlocks_total', 'Deadlocks.', 'counter', ({ deadlocks }) => deadlocks),
  perDatabase(
    'bk_db_temp_bytes_total',
    'Bytes written to temporary files.',
    'counter',
    ({ tempBytes }) => tempBytes,
  ),
  perDatabase(
    'bk_db_checksum_failures_total',
    'Data pages with a wrong checksum; absent where checksums are off.',
    'counter',
    ({ checksumFailures }) => checksumFailures,
  ),
  perDatabase(
    'bk_db_xid_age_transactions',
    'Age of the oldest unfrozen transaction id.',
    'gauge',
    ({ xidAge }) => xidAge,
  ),
  perDatabase(
    'bk_db_mxid_age_multixacts',
    'Age of the oldest unfrozen multixact id.',
    'gauge',
    ({ mxidAge }) => mxidAge,
  ),
];

function perDatabase(
  name: string,
  help: string,
  type: Family['type'],
  value: (database: DatabaseFacts) => number | null,
): Family {
  return familyOf('databases', {
    name,
    help,
    type,
    labels: ['database'],
    read: (databases) =>
      databases.flatMap((database) => {
        const count = value(database);
        return count === null ? [] : [{ value: count, labels: { database: database.name } }];
      }),
  });
}
