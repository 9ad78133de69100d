const PART = String.raw`(?:"(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`;
const NAME = String.raw`${PART}(?:\.${PART})*`;

/** Puts a name's pattern where a rule says `NAME`; `TABLE` is one that is captured. */
function pattern(source: string): RegExp {
  return new RegExp(source.replaceAll('TABLE', '(?<table>NAME)').replaceAll('NAME', () => NAME));
}

/** Something that a statement does to a database in use. Patterns see bare tokens: no comments, no string contents. */
export interface LintRule {
  readonly id: string;
  readonly pattern: RegExp;
  /** Makes it safe after all. */
  readonly unless?: RegExp;
  /** What a pattern cannot say. */
  readonly applies?: (text: string) => boolean;
  readonly message: string;
  readonly hint: string;
}

/** Whole statements. What names a table that the same file creates is not reported: nobody uses that yet. */
export const STATEMENT_RULES: readonly LintRule[] = [
  {
    id: 'create-index-blocks-writes',
    pattern: pattern(
      '^create (?:unique )?index (?!concurrently)(?:(?:if not exists )?NAME )?on (?:only )?TABLE',
    ),
    message: 'CREATE INDEX blocks all writes to the table until the index is built',
    hint: 'Use CREATE INDEX CONCURRENTLY, in a file with `-- bk-db: no-transaction`.',
  },
  {
    id: 'drop-index-blocks',
    pattern: /^drop index (?!concurrently)/,
    message: 'DROP INDEX waits for, and then blocks, every query on the table',
    hint: 'Use DROP INDEX CONCURRENTLY, in a file with `-- bk-db: no-transaction`.',
  },
  {
    id: 'reindex-blocks',
    pattern: /^reindex\b/,
    unless: /\bconcurrently\b/,
    message: 'REINDEX blocks writes, and reads that would use the index',
    hint: 'Use REINDEX ... CONCURRENTLY.',
  },
  {
    id: 'rewrites-table',
    pattern: pattern('^(?:vacuum (?:full|\\( [^)]*\\bfull\\b)|cluster (?:verbose )?TABLE|cluster$)'),
    message: 'it rewrites the table and blocks reads and writes meanwhile',
    hint: 'Use plain VACUUM, or a tool that rewrites online, such as pg_repack.',
  },
  {
    id: 'refresh-blocks-reads',
    pattern: pattern('^refresh materialized view (?!concurrently)TABLE'),
    message: 'REFRESH blocks reads of the materialized view',
    hint: 'Use REFRESH MATERIALIZED VIEW CONCURRENTLY; it needs a unique index.',
  },
  {
    id: 'lock-table',
    pattern: pattern('^lock (?:table )?(?:only )?TABLE'),
    message: 'LOCK TABLE holds the lock until the end of the file',
    hint: 'Let the statements take the locks they need.',
  },
  {
    id: 'loses-data',
    pattern: pattern(
      '^(?:(?:drop table (?:if exists )?|truncate (?:table )?(?:only )?)TABLE|drop (?:schema|materialized view|database) )',
    ),
    message: 'it removes data that no later migration can bring back',
    hint: 'Make sure that nothing uses it any more and that there is a backup.',
  },
  {
    id: 'drop-cascade',
    pattern: /^drop (?!table|schema).*\bcascade$/,
    message: 'CASCADE also drops whatever depends on it, unnamed',
    hint: 'Drop the dependent objects by name.',
  },
  {
    id: 'changes-every-row',
    pattern: pattern('^(?:update|delete from) (?:only )?TABLE'),
    unless: /\bwhere\b/,
    message: 'it changes every row in one transaction, and keeps them locked until its end',
    hint: 'Change the rows in batches, in a file of its own.',
  },
  {
    id: 'create-trigger-locks',
    pattern: pattern('^create (?:or replace )?(?:constraint )?trigger NAME .*? on TABLE'),
    message: 'CREATE TRIGGER waits for running writes and blocks new ones meanwhile',
    hint: 'Keep it in a file of its own, so that the lock is short.',
  },
  {
    id: 'validates-at-once',
    pattern: /^alter domain .* (?:add (?:constraint|check)|set not null)/,
    unless: /\bnot valid$/,
    message: 'every column of the domain is read while its table is locked',
    hint: 'Add the constraint NOT VALID, and VALIDATE it in a later file.',
  },
  {
    id: 'breaks-application',
    pattern:
      /^alter (?:view|materialized view|sequence|type|function|schema|foreign table) .* (?:rename|set schema)\b/,
    message: 'the running application still uses the old name',
    hint: 'Keep both names for a while, such as by a view.',
  },
];

/** Functions that give one value for a whole statement, and words that stand before parentheses without being any. */
const STABLE_CALLS = new Set(
  'now statement_timestamp transaction_timestamp current_setting coalesce nullif lower upper date_trunc to_timestamp to_date make_date make_timestamptz make_interval json_build_object json_build_array jsonb_build_object jsonb_build_array md5 timezone array in and or not case when then else'.split(
    ' ',
  ),
);
/** A type's length looks like a call, but follows the two colons of a cast. */
const CALL = pattern('(?<!: )(?<![\\w."])(?:pg_catalog\\.)?(?<call>NAME) \\(');

/** True when a column's default calls a function that is not known to be stable. */
function callsUnknownFunction(action: string): boolean {
  const clause =
    /\bdefault (.*?)(?= (?:not null|null|check|references|unique|primary|constraint|collate)\b|$)/.exec(
      action,
    );
  const calls = (clause?.[1] ?? '').matchAll(new RegExp(CALL, 'g'));
  return [...calls].some(
    ({ groups }) => !STABLE_CALLS.has(groups?.['call']?.replace(/^pg_catalog\./, '') ?? ''),
  );
}

/** Single actions of ALTER TABLE. */
export const ALTER_TABLE_RULES: readonly LintRule[] = [
  {
    id: 'rewrites-table',
    pattern: pattern(
      '^add (?:column )?(?:if not exists )?NAME .*(?:\\b(?:big|small)?serial\\d?\\b|\\bgenerated (?:always|by default) as)',
    ),
    message: 'a value has to be computed for each row: the table is rewritten and blocked meanwhile',
    hint: 'Add the column without it, set the default, then fill the rows in batches.',
  },
  {
    id: 'rewrites-table',
    pattern: pattern('^add (?:column )?(?:if not exists )?NAME '),
    applies: callsUnknownFunction,
    message:
      'its default calls a function: if that is volatile, the table is rewritten and blocked meanwhile',
    hint: 'Add the column without it, set the default, then fill the rows in batches; `-- bk-db: allow` where the function is stable.',
  },
  {
    id: 'fails-on-rows',
    pattern: pattern('^add (?:column )?(?:if not exists )?NAME .*\\bnot null\\b'),
    unless:
      /\bdefault\b|\bgenerated\b|serial\d?\b|^add (?:constraint|primary|unique|check|foreign|exclude)\b/,
    message: 'a NOT NULL column without a default cannot be added to a table that has rows',
    hint: 'Give it a constant default.',
  },
  {
    id: 'validates-at-once',
    pattern: pattern(
      '^(?:add (?:constraint NAME )?(?:check|foreign key)\\b|add (?:column )?(?:if not exists )?NAME .*\\breferences\\b)',
    ),
    unless: /\bnot valid$/,
    message: 'all rows are checked while the table is locked',
    hint: 'Add the constraint NOT VALID, and VALIDATE it in a later file.',
  },
  {
    id: 'builds-index-under-lock',
    pattern: pattern('^add (?:constraint NAME )?(?:primary key|unique|exclude)\\b'),
    unless: /\busing index\b/,
    message: 'its index is built while the table is blocked',
    hint: 'Build a unique index CONCURRENTLY first, then ADD CONSTRAINT ... USING INDEX.',
  },
  {
    id: 'scans-for-nulls',
    pattern: pattern('^alter (?:column )?NAME set not null'),
    message: 'all rows are read while the table is blocked',
    hint: 'Add CHECK (column IS NOT NULL) NOT VALID, VALIDATE it in a later file, then SET NOT NULL.',
  },
  {
    id: 'rewrites-table',
    pattern: pattern(
      '^(?:alter (?:column )?NAME (?:set data )?type\\b|set (?:tablespace|logged|unlogged|access method)\\b)',
    ),
    message: 'the table is rewritten and blocked meanwhile, unless the stored form stays the same',
    hint: 'Add a column of the new type, copy in batches, then swap the names; `-- bk-db: allow` where the form stays.',
  },
  {
    id: 'loses-data',
    pattern: /^drop (?!constraint|default|expression|identity|not null)(?:column )?/,
    message:
      'it removes data that no later migration can bring back, and breaks an application that still reads it',
    hint: 'Release an application that does not use the column first.',
  },
  {
    id: 'breaks-application',
    pattern: /^(?:rename (?!constraint)|set schema\b)/,
    message: 'the running application still uses the old name',
    hint: 'Keep both names for a while: a view, or a new column that is filled by a trigger.',
  },
  {
    id: 'validates-at-once',
    pattern: /^attach partition\b/,
    message: 'all rows of the new partition are checked, unless a constraint already says so',
    hint: 'Add a matching CHECK constraint NOT VALID to it and VALIDATE it first.',
  },
  {
    id: 'detach-blocks',
    pattern: /^detach partition\b/,
    unless: /\b(?:concurrently|finalize)$/,
    message: 'DETACH PARTITION blocks the whole partitioned table',
    hint: 'Use DETACH PARTITION ... CONCURRENTLY, in a file with `-- bk-db: no-transaction`.',
  },
  {
    id: 'locks-table',
    pattern: /^(?:disable|enable) (?:trigger|rule)\b/,
    message: 'triggers are switched for every session, also those of the application',
    hint: 'Use session_replication_role within the one transaction that needs it.',
  },
];

/** `ALTER TABLE`, its table and its actions. */
export const ALTER_TABLE = pattern(
  '^alter (?:foreign )?table (?:if exists )?(?:only )?TABLE (?:\\* )?(?<actions>.*)$',
);
/** What creates a table or materialized view. */
export const CREATE_TABLE = pattern(
  '^create (?:(?:global|local) )?(?:(?:temp|temporary|unlogged) )?(?:table|materialized view) (?:if not exists )?TABLE',
);
