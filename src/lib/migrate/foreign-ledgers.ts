import type { Sql } from '../core/database.js';
import type { Migration } from './migration.js';
import type { ForeignTool } from './types.js';
import { compareVersions } from './version.js';

/** An application that another tool recorded. */
export interface ForeignRow {
  readonly version: string;
  readonly appliedAt: Date | null;
  readonly durationMs: number | null;
  readonly appliedBy: string | null;
  /** True where the tool was told that the database had everything up to here. */
  readonly baseline?: boolean;
}

export interface ForeignLedger {
  /** Where the tool keeps it when it was not told otherwise. */
  readonly table: string;
  readonly read: (
    sql: Sql,
    table: string,
    migrations: readonly Migration[],
  ) => Promise<readonly ForeignRow[]>;
}

const unknown = { appliedAt: null, durationMs: null, appliedBy: null };

/** `20240101_name` and `20240101-name.sql` begin with their version. */
function leadingVersion(name: string): string {
  return /^\d+/.exec(name)?.[0] ?? name;
}

/** How to read the ledger of each tool, in the order in which it applied. Sources: the tools' own table definitions. */
export const FOREIGN_LEDGERS: Readonly<Record<ForeignTool, ForeignLedger>> = {
  dbmate: {
    table: 'schema_migrations',
    read: async (sql, table) => {
      const rows = await sql<{ version: string }[]>`select version from ${sql(table)} order by version`;
      return rows.map(({ version }) => ({ ...unknown, version }));
    },
  },
  'golang-migrate': {
    table: 'schema_migrations',
    // It records the last version only.
    read: async (sql, table, migrations) => {
      const [row] = await sql<{ version: string }[]>`
        select version::text as version from ${sql(table)} where not dirty`;
      return migrations
        .filter(
          ({ kind, version }) =>
            kind === 'versioned' && row !== undefined && compareVersions(version, row.version) <= 0,
        )
        .map(({ version }) => ({ ...unknown, version }));
    },
  },
  goose: {
    table: 'goose_db_version',
    read: async (sql, table) => {
      const rows = await sql<{ version: string; appliedAt: Date }[]>`
        select version_id::text as version, tstamp as "appliedAt"
          from (select distinct on (version_id) * from ${sql(table)} order by version_id, id desc) latest
         where is_applied and version_id > 0
         order by id`;
      return rows.map((row) => ({ ...unknown, ...row }));
    },
  },
  flyway: {
    table: 'flyway_schema_history',
    read: async (sql, table) => {
      const rows = await sql<(ForeignRow & { script: string; type: string })[]>`
        select coalesce(version, '') as version, script, type, installed_on as "appliedAt",
               execution_time::float8 as "durationMs", installed_by as "appliedBy"
          from (select distinct on (coalesce(version, script)) * from ${sql(table)}
                 order by coalesce(version, script), installed_rank desc) latest
         where success and type not like 'UNDO%' and type not in ('SCHEMA', 'DELETE')
         order by installed_rank`;
      return rows.map(({ script, type, version, ...row }) => ({
        ...row,
        version: version === '' ? script.replace(/\.sql$/, '') : version,
        baseline: type === 'BASELINE',
      }));
    },
  },
  'node-pg-migrate': {
    table: 'pgmigrations',
    read: async (sql, table) => {
      const rows = await sql<{ name: string; appliedAt: Date }[]>`
        select name, run_on as "appliedAt" from ${sql(table)} order by id`;
      return rows.map(({ name, appliedAt }) => ({ ...unknown, version: leadingVersion(name), appliedAt }));
    },
  },
  'graphile-migrate': {
    table: 'graphile_migrate.migrations',
    read: async (sql, table) => {
      const rows = await sql<{ name: string; appliedAt: Date }[]>`
        select filename as name, date as "appliedAt" from ${sql(table)} order by filename`;
      return rows.map(({ name, appliedAt }) => ({ ...unknown, version: leadingVersion(name), appliedAt }));
    },
  },
  drizzle: {
    table: 'drizzle.__drizzle_migrations',
    // It records no name, but the SHA-256 of the file.
    read: async (sql, table, migrations) => {
      const rows = await sql<{ hash: string; appliedAt: Date }[]>`
        select hash, to_timestamp(created_at / 1000.0) as "appliedAt" from ${sql(table)} order by id`;
      return rows.map(({ hash, appliedAt }) => {
        const version = migrations.find(({ checksum }) => checksum === hash)?.version ?? `with hash ${hash}`;
        return { ...unknown, version, appliedAt };
      });
    },
  },
  prisma: {
    table: '_prisma_migrations',
    read: async (sql, table) => {
      const rows = await sql<{ name: string; appliedAt: Date }[]>`
        select migration_name as name, finished_at as "appliedAt"
          from ${sql(table)}
         where finished_at is not null and rolled_back_at is null
         order by started_at`;
      return rows.map(({ name, appliedAt }) => ({ ...unknown, version: leadingVersion(name), appliedAt }));
    },
  },
};
