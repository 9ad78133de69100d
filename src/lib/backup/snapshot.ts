import type { ConnectionTarget } from '../core/connection.js';
import { withDatabase, type TransactionSql } from '../core/database.js';
import { runTransaction } from '../core/transaction.js';
import { currentSchemaVersion } from '../migrate/index.js';
import type { Collation } from './types.js';

/** What the server says of the database, read in the snapshot that the dump uses. */
export interface DatabaseFacts {
  readonly database: string;
  readonly serverVersion: string;
  readonly owner: string;
  readonly encoding: string;
  readonly collation: Collation;
  readonly lcMonetary: string;
  /** On the server's disk. */
  readonly databaseBytes: number;
  readonly lsn: string | null;
  /** Of all tables together, as the planner has it; undefined when nothing was ever analyzed. */
  readonly estimatedRows: number | undefined;
  readonly systemIdentifier: string | null;
  /** Last migration in the ledger of `bk-db migrate`. */
  readonly schemaVersion: string | null;
  readonly extensions: readonly { name: string; version: string; schema: string }[];
}

export interface Snapshot {
  /** Name to hand to `pg_dump --snapshot`. */
  readonly id: string;
  readonly facts: DatabaseFacts;
  /** The transaction itself, for reading more from the same snapshot. */
  readonly transaction: TransactionSql;
}

/** Runs the work while one transaction keeps a snapshot open that other sessions may import. */
export async function withSnapshot<T>(
  target: ConnectionTarget,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  return withDatabase(target, {}, async ({ sql, serverVersion }) => {
    const open = async (transaction: TransactionSql) => {
      await disableTimeouts(transaction, serverVersion);
      const [row] = await transaction<{ id: string }[]>`select pg_catalog.pg_export_snapshot() as id`;
      return work({ id: row?.id ?? '', facts: await readFacts(transaction), transaction });
    };
    return runTransaction(sql, open, { isolation: 'repeatable read', readOnly: true, retries: 0 });
  });
}

/** Limits that an administrator set for queries must not end a snapshot that lives as long as the dump. */
async function disableTimeouts(transaction: TransactionSql, serverVersion: number): Promise<void> {
  const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
  if (serverVersion >= 170_000) limits.push('transaction_timeout');
  for (const limit of limits) await transaction`select pg_catalog.set_config(${limit}, '0', true)`;
}

interface FactsRow extends Omit<
  DatabaseFacts,
  'collation' | 'extensions' | 'systemIdentifier' | 'schemaVersion' | 'estimatedRows'
> {
  readonly provider: string;
  readonly collate: string;
  readonly ctype: string;
  readonly locale: string | null;
}

const PROVIDERS: Readonly<Record<string, Collation['provider']>> = { i: 'icu', b: 'builtin' };

async function readFacts(transaction: TransactionSql): Promise<DatabaseFacts> {
  // Through jsonb because the columns of the locale changed their names between versions.
  const [row] = await transaction<[FactsRow]>`
    select d.datname as database,
           pg_catalog.current_setting('server_version') as "serverVersion",
           pg_catalog.pg_get_userbyid(d.datdba) as owner,
           pg_catalog.pg_encoding_to_char(d.encoding) as encoding,
           pg_catalog.to_jsonb(d) ->> 'datlocprovider' as provider,
           d.datcollate as collate,
           d.datctype as ctype,
           coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale') as locale,
           pg_catalog.current_setting('lc_monetary') as "lcMonetary",
           pg_catalog.pg_database_size(d.oid)::float8 as "databaseBytes",
           case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                else pg_catalog.pg_current_wal_lsn() end::text as lsn
      from pg_catalog.pg_database d
     where d.datname = pg_catalog.current_database()`;
  const extensions = await transaction<{ name: string; version: string; schema: string }[]>`
    select e.extname as name, e.extversion as version, n.nspname as schema
      from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
     order by e.extname`;
  const [estimate] = await transaction<{ rows: number | null }[]>`
    select sum(c.reltuples)::float8 as rows
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.reltuples > 0 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
  const { provider, collate, ctype, locale, ...facts } = row;
  return {
    ...facts,
    collation: { provider: PROVIDERS[provider] ?? 'libc', collate, ctype, locale },
    estimatedRows: estimate?.rows ?? undefined,
    systemIdentifier: await readSystemIdentifier(transaction),
    schemaVersion: await currentSchemaVersion(transaction),
    extensions: [...extensions],
  };
}

/** Some hosted servers forbid the function. */
async function readSystemIdentifier(transaction: TransactionSql): Promise<string | null> {
  const [allowed] = await transaction<{ allowed: boolean }[]>`
    select pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute') as allowed`;
  if (allowed?.allowed !== true) return null;
  const [row] = await transaction<{ id: string }[]>`
    select system_identifier::text as id from pg_catalog.pg_control_system()`;
  return row?.id ?? null;
}
