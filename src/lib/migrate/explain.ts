import { withDatabase as named } from '../core/connection.js';
import type { Database, Queryable } from '../core/database.js';
import { withLibpqEnvironment } from '../core/libpq-environment.js';
import { findToolFor, type PgStreamDeps } from '../core/pg-tools.js';
import { reachesBeyondDatabase } from './beyond-database.js';
import { checkScript } from './check-script.js';
import type { LedgerDeps, RunLimits } from './deps.js';
import { effectsOf, riskOf, type TableSize } from './effects.js';
import { readFolder, readScript, type MigrationFolder } from './folder.js';
import { planOrRefuse } from './history.js';
import { readLedger } from './ledger.js';
import { migrationLabel, type Migration } from './migration.js';
import { observe } from './observe.js';
import { excerptOf, placeOf } from './place.js';
import { findPending } from './plan.js';
import { withScratchDatabase } from './scratch-database.js';
import { withMigrationSession } from './session.js';
import { runsOutsideOnly } from './transaction-control.js';
import type { ExplainedStatement, ExplainResult } from './types.js';

export interface ExplainDeps extends LedgerDeps {
  readonly pgTools: PgStreamDeps;
}

export interface ExplainOptions extends RunLimits {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
}

/**
 * Says what pending migrations would do to a database in use, by running them on an empty copy of its schema on the same
 * server: for each statement the tables that it locks, rewrites, reads through or drops, with the number of rows that
 * these have in the real database, which is only read. What reaches beyond its database (roles, settings of the server,
 * procedures) is not run, and its effects are unknown.
 * @throws BkDbError MIGRATION_DRIFT, PERMISSION (no CREATEDB), TOOL_MISSING, TOOL_FAILED, CONNECTION_FAILED.
 */
export async function explainMigrations(deps: ExplainDeps, options: ExplainOptions): Promise<ExplainResult> {
  const folder = await readFolder(options.migrationsDir);
  const live = await withMigrationSession(deps, async ({ sql, serverVersion }) => ({
    ledger: (await readLedger(sql)) ?? [],
    sizes: await readSizes(sql),
    major: Math.floor(serverVersion / 10_000),
  }));
  const pending = findPending(planOrRefuse(folder, live.ledger), {});
  if (pending.length === 0) return { migrationsDir: folder.dir, statements: [], error: null };
  return withScratchDatabase(deps, async (scratch, database) => {
    await copySchema(deps, scratch.target.database, live.major);
    const statements: ExplainedStatement[] = [];
    for (const migration of pending) {
      const failure = await explainOne(database, { folder, migration, sizes: live.sizes, statements });
      if (failure !== null) return { migrationsDir: folder.dir, statements, error: failure };
    }
    return { migrationsDir: folder.dir, statements, error: null };
  });
}

async function readSizes(sql: Queryable): Promise<ReadonlyMap<string, TableSize>> {
  const rows = await sql<(TableSize & { name: string })[]>`
    select pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
           greatest(c.reltuples, 0)::float8 as rows,
           (c.relpages::int8 * pg_catalog.current_setting('block_size')::int8)::float8 as bytes
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
  return new Map(rows.map(({ name, ...size }) => [name, size]));
}

/** The schema without rows, by pg_dump and psql; the ledger is made anew. */
async function copySchema(
  { target, pgTools, signal }: ExplainDeps,
  into: string,
  major: number,
): Promise<void> {
  const dump = await findToolFor(pgTools, 'pg_dump', major);
  const psql = await findToolFor(pgTools, 'psql', major);
  await withLibpqEnvironment(target, async (env) => {
    const args = [
      '--schema-only',
      '--no-owner',
      '--no-privileges',
      '--no-password',
      '--exclude-schema=bk_migrations',
    ];
    const input = pgTools.openTool({ command: dump.path, args, env }, { signal });
    await withLibpqEnvironment(named(target, into), async (there) => {
      const load = ['--no-psqlrc', '--quiet', '--no-password', '--set=ON_ERROR_STOP=1', '--output=/dev/null'];
      await pgTools.runTool({ command: psql.path, args: load, env: there }, { signal, input });
    });
  });
}

interface Explaining {
  readonly folder: MigrationFolder;
  readonly migration: Migration;
  readonly sizes: ReadonlyMap<string, TableSize>;
  /** Added to. */
  readonly statements: ExplainedStatement[];
}

/** Runs one migration's statements, each looked at before and after. Returns what made it fail, if anything. */
async function explainOne(
  { sql }: Database,
  { folder, migration, sizes, statements }: Explaining,
): Promise<ExplainResult['error']> {
  const script = checkScript(readScript(folder, migration, 'up'));
  const start = await observe(sql);
  if (script.transactional) await sql.unsafe('begin').simple();
  let before = await observe(sql);
  for (const statement of script.statements) {
    const { line } = placeOf(script.text, statement.start);
    const about = { file: script.file, line, statement: excerptOf(statement.text) };
    if (statement.copyData !== undefined || reachesBeyondDatabase(statement)) {
      statements.push({
        migration: migrationLabel(migration),
        ...about,
        risk: 'unknown',
        locksKnown: false,
        effects: [],
      });
      continue;
    }
    try {
      await sql.unsafe(statement.text).simple();
    } catch (error) {
      await sql.unsafe('rollback').simple();
      return { ...about, message: error instanceof Error ? error.message : String(error) };
    }
    const after = await observe(sql);
    const effects = effectsOf(start, before, after, sizes);
    // Outside a transaction a statement has let go of its locks by now.
    const locksKnown = script.transactional && !runsOutsideOnly(statement);
    statements.push({
      migration: migrationLabel(migration),
      ...about,
      risk: riskOf(effects),
      locksKnown,
      effects,
    });
    before = after;
  }
  if (script.transactional) await sql.unsafe('commit').simple();
  return null;
}
