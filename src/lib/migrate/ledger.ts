import type { Queryable, Sql } from '../core/database.js';
import { quoteLiteral } from '../core/database.js';
import { isServerError } from '../core/to-error.js';

/** One row of the ledger: a migration that this database has. */
export interface LedgerRow {
  readonly version: string;
  readonly name: string;
  readonly kind: 'versioned' | 'repeatable' | 'baseline';
  /** `unfinished` and `reverting`: a file without a transaction that stopped halfway up or down. */
  readonly state: 'applied' | 'unfinished' | 'reverting';
  /** SHA-256 of the text that was run; null where the ledger was taken over without one. */
  readonly checksum: string | null;
  readonly cosmeticChecksum: string | null;
  /** Counts applications; later is larger. */
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly appliedAt: string;
  readonly durationMs: number | null;
  readonly appliedBy: string;
}

const MISSING_LEDGER = new Set(['42P01', '3F000']);

/** The whole ledger in the order of application; undefined where there is none yet. */
export async function readLedger(sql: Queryable): Promise<readonly LedgerRow[] | undefined> {
  try {
    const rows = await sql<LedgerRow[]>`
      select version, name, kind, state, checksum,
             cosmetic_checksum as "cosmeticChecksum",
             sequence::int as sequence,
             to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "appliedAt",
             duration_ms as "durationMs",
             applied_by as "appliedBy"
        from bk_migrations.ledger
       order by sequence`;
    return [...rows];
  } catch (error) {
    if (isServerError(error) && MISSING_LEDGER.has(error.code)) return undefined;
    throw error;
  }
}

/** Makes the ledger. The caller holds the migration lock. */
export async function createLedger(sql: Sql): Promise<void> {
  await sql
    .unsafe(
      `begin;
       create schema bk_migrations;
       comment on schema bk_migrations is 'The ledger of bk-db migrate: which migrations this database has';
       create table bk_migrations.ledger (
         version text primary key,
         name text not null,
         kind text not null check (kind in ('versioned', 'repeatable', 'baseline')),
         state text not null default 'applied' check (state in ('applied', 'unfinished', 'reverting')),
         checksum text,
         cosmetic_checksum text,
         sequence bigint generated always as identity,
         applied_at timestamptz not null default clock_timestamp(),
         duration_ms double precision,
         applied_by text not null default session_user,
         applied_from text,
         tool_version text
       );
       create table bk_migrations.statement (
         version text not null references bk_migrations.ledger on delete cascade,
         direction text not null check (direction in ('up', 'down')),
         ordinal integer not null,
         checksum text not null,
         pid integer,
         backend_start timestamptz,
         started_at timestamptz not null default clock_timestamp(),
         finished_at timestamptz,
         primary key (version, direction, ordinal)
       );
       comment on table bk_migrations.statement is 'How far a migration without a transaction has come';
       commit`,
    )
    .simple();
}

/** What the ledger is told of an application. */
export interface LedgerEntry {
  readonly version: string;
  readonly name: string;
  readonly kind: LedgerRow['kind'];
  readonly checksum: string | null;
  readonly cosmeticChecksum: string | null;
  /** Host name of the client. */
  readonly appliedFrom: string;
  readonly toolVersion: string;
}

/**
 * The statement that records an application, for the end of the migration's own message: the time is measured
 * from the beginning of the transaction. A repeatable migration replaces its earlier row.
 */
export function recordStatement(entry: LedgerEntry): string {
  const values = [
    quoteLiteral(entry.version),
    quoteLiteral(entry.name),
    quoteLiteral(entry.kind),
    literalOrNull(entry.checksum),
    literalOrNull(entry.cosmeticChecksum),
    'extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000',
    quoteLiteral(entry.appliedFrom),
    quoteLiteral(entry.toolVersion),
  ];
  const replace =
    entry.kind === 'repeatable'
      ? `delete from bk_migrations.ledger where version = ${quoteLiteral(entry.version)}; `
      : '';
  return `${replace}insert into bk_migrations.ledger
    (version, name, kind, checksum, cosmetic_checksum, duration_ms, applied_from, tool_version)
    values (${values.join(', ')})`;
}

/** Records that a migration without a transaction begins; what an earlier attempt recorded stays. */
export async function recordStart(sql: Sql, entry: LedgerEntry): Promise<void> {
  await sql`
    insert into bk_migrations.ledger
      (version, name, kind, state, checksum, cosmetic_checksum, applied_from, tool_version)
    values (${entry.version}, ${entry.name}, ${entry.kind}, 'unfinished', ${entry.checksum},
            ${entry.cosmeticChecksum}, ${entry.appliedFrom}, ${entry.toolVersion})
    on conflict (version) do update
       set state = 'unfinished', checksum = excluded.checksum, cosmetic_checksum = excluded.cosmetic_checksum,
           applied_from = excluded.applied_from, tool_version = excluded.tool_version`;
}

/** Records that a migration without a transaction is being reverted. */
export async function recordReverting(sql: Sql, version: string): Promise<void> {
  await sql`update bk_migrations.ledger set state = 'reverting' where version = ${version}`;
}

/** Records that a migration without a transaction is complete; its journal is no longer needed. */
export async function recordFinish(sql: Sql, version: string, durationMs: number): Promise<void> {
  const quoted = quoteLiteral(version);
  await sql
    .unsafe(
      `begin;
       update bk_migrations.ledger
          set state = 'applied', applied_at = pg_catalog.clock_timestamp(), duration_ms = ${durationMs}
        where version = ${quoted};
       delete from bk_migrations.statement where version = ${quoted};
       commit`,
    )
    .simple();
}

/** The statement that forgets an application. */
export function forgetStatement(version: string): string {
  return `delete from bk_migrations.ledger where version = ${quoteLiteral(version)}`;
}

function literalOrNull(value: string | null): string {
  return value === null ? 'null' : quoteLiteral(value);
}

/**
 * The version of the database's schema: the last one applied, or null where nothing was.
 * Creates nothing and raises nothing, so that it can be asked within a transaction.
 */
export async function currentSchemaVersion(sql: Queryable): Promise<string | null> {
  const [found] = await sql<{ ledger: boolean }[]>`
    select pg_catalog.to_regclass('bk_migrations.ledger') is not null as ledger`;
  if (found?.ledger !== true) return null;
  const [row] = await sql<{ version: string }[]>`
    select version from bk_migrations.ledger
     where kind <> 'repeatable' and state = 'applied'
     order by sequence desc limit 1`;
  return row?.version ?? null;
}
