/** Something that a statement does to a database in use. */
export interface Danger {
  /** What an allow comment names. */
  readonly rule: string;
  readonly message: string;
  readonly hint: string;
}

const NOT_VALID = 'Add the constraint NOT VALID, and VALIDATE it in a later file.';
const OLD_NAME = 'the running application still uses the old name';
const FILL_LATER = 'Add the column without it, set the default, then fill the rows in batches';

/** Everything that `migrate lint` knows to be dangerous; one rule may have several reasons. */
export const DANGERS = {
  indexBlocksWrites: {
    rule: 'create-index-blocks-writes',
    message: 'CREATE INDEX blocks all writes to the table until the index is built',
    hint: 'Use CREATE INDEX CONCURRENTLY, in a file with `-- bk-db: no-transaction`.',
  },
  dropIndexBlocks: {
    rule: 'drop-index-blocks',
    message: 'DROP INDEX waits for, and then blocks, every query on the table',
    hint: 'Use DROP INDEX CONCURRENTLY, in a file with `-- bk-db: no-transaction`.',
  },
  reindexBlocks: {
    rule: 'reindex-blocks',
    message: 'REINDEX blocks writes, and reads that would use the index',
    hint: 'Use REINDEX ... CONCURRENTLY.',
  },
  vacuumFull: {
    rule: 'rewrites-table',
    message: 'it rewrites the table and blocks reads and writes meanwhile',
    hint: 'Use plain VACUUM, or a tool that rewrites online, such as pg_repack.',
  },
  movesStorage: {
    rule: 'rewrites-table',
    message: 'all of it is written anew, and reads and writes are blocked meanwhile',
    hint: 'Do it when nobody uses it, or build a new one beside it, copy in batches, then swap the names.',
  },
  rewritesForValue: {
    rule: 'rewrites-table',
    message: 'a value has to be computed for each row: the table is rewritten and blocked meanwhile',
    hint: `${FILL_LATER}.`,
  },
  rewritesForDefault: {
    rule: 'rewrites-table',
    message:
      'its default calls a function: if that is volatile, the table is rewritten and blocked meanwhile',
    hint: `${FILL_LATER}; \`-- bk-db: allow\` where the function is stable.`,
  },
  rewritesForType: {
    rule: 'rewrites-table',
    message: 'the table is rewritten and blocked meanwhile, unless the stored form stays the same',
    hint: 'Add a column of the new type, copy in batches, then swap the names; `-- bk-db: allow` where the form stays.',
  },
  refreshBlocksReads: {
    rule: 'refresh-blocks-reads',
    message: 'REFRESH blocks reads of the materialized view',
    hint: 'Use REFRESH MATERIALIZED VIEW CONCURRENTLY; it needs a unique index.',
  },
  lockTable: {
    rule: 'lock-table',
    message: 'LOCK TABLE holds the lock until the end of the file',
    hint: 'Let the statements take the locks they need.',
  },
  losesData: {
    rule: 'loses-data',
    message: 'it removes data that no later migration can bring back',
    hint: 'Make sure that nothing uses it any more and that there is a backup.',
  },
  losesColumn: {
    rule: 'loses-data',
    message:
      'it removes data that no later migration can bring back, and breaks an application that still reads it',
    hint: 'Release an application that does not use the column first.',
  },
  dropsCascading: {
    rule: 'drop-cascade',
    message: 'CASCADE also drops whatever depends on it, unnamed',
    hint: 'Drop the dependent objects by name.',
  },
  changesEveryRow: {
    rule: 'changes-every-row',
    message: 'it changes every row in one transaction, and keeps them locked until its end',
    hint: 'Change the rows in batches, in a file of its own.',
  },
  mergeDeletes: {
    rule: 'changes-every-row',
    message: 'MERGE deletes whatever the join leaves to it, and no condition says which rows those may be',
    hint: 'Add a condition to the WHEN clause, or DELETE in batches.',
  },
  worksUnderLock: {
    rule: 'works-under-lock',
    message:
      'an earlier statement of the file has locked this table, and nobody else can use it while this works through its rows',
    hint: 'Put it into a later file.',
  },
  triggerLocks: {
    rule: 'create-trigger-locks',
    message: 'CREATE TRIGGER waits for running writes and blocks new ones meanwhile',
    hint: 'Keep it in a file of its own, so that the lock is short.',
  },
  switchesTriggers: {
    rule: 'locks-table',
    message: 'triggers are switched for every session, also those of the application',
    hint: 'Use session_replication_role within the one transaction that needs it.',
  },
  changesRules: {
    rule: 'locks-table',
    message:
      'it waits for everything that runs on the table, and blocks reads and writes until the end of the file',
    hint: 'Keep it in a file of its own, so that the lock is short.',
  },
  locksReferenced: {
    rule: 'locks-referenced-table',
    message: 'the foreign key blocks writes to the table that it refers to, until the end of the file',
    hint: 'Keep the file short; or add the foreign key NOT VALID in a file of its own, and VALIDATE it in a later one.',
  },
  failsOnRows: {
    rule: 'fails-on-rows',
    message: 'a NOT NULL column without a default cannot be added to a table that has rows',
    hint: 'Give it a constant default.',
  },
  validatesAtOnce: {
    rule: 'validates-at-once',
    message: 'all rows are checked while the table is locked',
    hint: NOT_VALID,
  },
  validatesDomain: {
    rule: 'validates-at-once',
    message: 'every column of the domain is read while its table is locked',
    hint: NOT_VALID,
  },
  validatesPartition: {
    rule: 'validates-at-once',
    message: 'all rows of the new partition are checked, unless a constraint already says so',
    hint: 'Add a matching CHECK constraint NOT VALID to it and VALIDATE it first.',
  },
  buildsIndex: {
    rule: 'builds-index-under-lock',
    message: 'its index is built while the table is blocked',
    hint: 'Build a unique index CONCURRENTLY first, then ADD CONSTRAINT ... USING INDEX.',
  },
  scansForNulls: {
    rule: 'scans-for-nulls',
    message: 'all rows are read while the table is blocked',
    hint: 'Add CHECK (column IS NOT NULL) NOT VALID, VALIDATE it in a later file, then SET NOT NULL.',
  },
  detachBlocks: {
    rule: 'detach-blocks',
    message: 'DETACH PARTITION blocks the whole partitioned table',
    hint: 'Use DETACH PARTITION ... CONCURRENTLY, in a file with `-- bk-db: no-transaction`.',
  },
  renames: {
    rule: 'breaks-application',
    message: OLD_NAME,
    hint: 'Keep both names for a while, such as by a view.',
  },
  renamesColumn: {
    rule: 'breaks-application',
    message: OLD_NAME,
    hint: 'Keep both names for a while: a view, or a new column that is filled by a trigger.',
  },
  renamesValue: {
    rule: 'breaks-application',
    message: 'the running application still reads and writes the old value',
    hint: 'Add the new value, let the application know both, then change the rows.',
  },
  allowsNulls: {
    rule: 'breaks-application',
    message: 'the running application takes the column for filled and may stumble over NULL',
    hint: 'Release an application that expects NULL first.',
  },
  json: {
    rule: 'json-has-no-equality',
    message:
      'json has no equality: queries with DISTINCT, UNION or GROUP BY over all columns fail from now on',
    hint: 'Use jsonb.',
  },
  noLockTimeout: {
    rule: 'removes-lock-timeout',
    message: 'from here on the file waits for locks without limit, and the application queues behind it',
    hint: 'Leave the setting to bk-db (--lock-timeout), or set a short one.',
  },
} as const satisfies Record<string, Danger>;
