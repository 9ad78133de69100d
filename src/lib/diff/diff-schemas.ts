import type { Queryable, Sql } from '../core/database.js';
import type { PgStreamDeps } from '../core/pg-tools.js';
import { isServerError } from '../core/to-error.js';
import { runTransaction } from '../core/transaction.js';
import {
  compareSchemas,
  createMigration,
  readFolder,
  reachesBeyondDatabase,
  splitScript,
  withReplayed,
  type MigrateDeps,
  type SchemaDifference,
  type SchemaObject,
} from '../migrate/index.js';
import { generate } from './generate.js';
import { readSchema, type Schema } from './read-schema.js';
import type { DiffResult } from './types.js';
import { withWanted } from './wanted.js';

export interface DiffDeps extends MigrateDeps {
  readonly pgTools: PgStreamDeps;
  readonly now: () => Date;
}

export interface DiffOptions {
  /** Absolute path of the folder. */
  readonly migrationsDir: string;
  /** What the migration is called; without a name nothing is written. */
  readonly name?: string | undefined;
  /** Absolute path of a file with the wanted schema, instead of the database's. */
  readonly schemaFile?: string | undefined;
}

/**
 * Finds the statements that lead from what the migrations make to the schema of a database or a file, and back, proves
 * them in a scratch database on the same server, and writes them as migrations.
 * @throws BkDbError NOT_FOUND, MIGRATION_FAILED (the folder or the file cannot be run), USAGE, PERMISSION, TOOL_MISSING,
 *   TOOL_FAILED, CONNECTION_FAILED, IO.
 */
export async function diffSchemas(deps: DiffDeps, options: DiffOptions): Promise<DiffResult> {
  const { migrationsDir, name } = options;
  const folder = await readFolder(migrationsDir);
  const quiet: MigrateDeps = { target: deps.target, signal: deps.signal };
  const { value, notReplayed } = await withWanted(deps, options.schemaFile, async (target) => {
    const wanted = await readSchema(deps, target);
    return withReplayed(quiet, { folder, migrations: folder.migrations, limits: {} }, (replayed) =>
      findStatements(replayed.database.sql, {
        wanted,
        read: () => readSchema(deps, replayed.target),
      }),
    );
  });
  const { downOfLater, ...found } = value;
  const isNothing = found.up.length + found.later.length === 0;
  const files =
    name === undefined || isNothing || found.failure !== null
      ? []
      : await write(deps, options, name, { ...found, downOfLater });
  return { migrationsDir: folder.dir, ...found, notReplayed, files };
}

type Found = Omit<DiffResult, 'migrationsDir' | 'notReplayed' | 'files'> & {
  /** The way back of the migration that follows; the rest of `down` is that of the first. */
  readonly downOfLater: number;
};

interface Finding {
  readonly wanted: Schema;
  /** Reads the schema of the scratch database as it is now. */
  readonly read: () => Promise<Schema>;
}

/** Generates, runs and compares, forth and back. */
async function findStatements(sql: Sql, { wanted, read }: Finding): Promise<Found> {
  const base = await read();
  const forth = generate(base, wanted, { safe: true });
  const [up, later] = [[...forth.now], [...forth.later]];
  const nothing = { up, later, down: [], downOfLater: 0, left: [], leftByDown: [] };
  const refused = await run(sql, up, true);
  if (refused !== null) return { ...nothing, failure: refused };
  const between = await read();
  const refusedLater = await run(sql, later, false);
  if (refusedLater !== null) return { ...nothing, failure: refusedLater };
  const reached = await read();
  const left = compare(wanted, reached);
  const back = later.length === 0 ? [] : flat(reached, between);
  const failure = await run(sql, back, false);
  const down = flat(await read(), base);
  const refusedDown = failure ?? (await run(sql, down, true));
  return {
    up,
    later,
    down: [...back, ...down],
    downOfLater: back.length,
    failure: refusedDown,
    left,
    leftByDown: refusedDown === null ? compare(base, await read()) : [],
  };
}

function flat(from: Schema, to: Schema): string[] {
  const { now, later } = generate(from, to, { safe: false });
  return [...now, ...later];
}

class Refused extends Error {
  readonly failure: NonNullable<DiffResult['failure']>;

  constructor(failure: NonNullable<DiffResult['failure']>) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Runs the statements as the migration will, in one transaction or one by one. The one that failed, if one did. */
async function run(
  sql: Sql,
  statements: readonly string[],
  transactional: boolean,
): Promise<DiffResult['failure']> {
  const runAll = async (on: Queryable) => {
    for (const statement of statements) await runOne(on, statement);
  };
  try {
    if (transactional) await runTransaction(sql, runAll, { retries: 0 });
    else await runAll(sql);
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.failure;
    throw error;
  }
}

async function runOne(on: Queryable, statement: string): Promise<void> {
  if (splitScript(statement).statements.some(reachesBeyondDatabase))
    throw new Refused({ statement, message: 'it changes more than its database, and was not tried' });
  try {
    await on.unsafe(statement).simple();
  } catch (error) {
    if (!isServerError(error)) throw error;
    throw new Refused({ statement, message: error.message });
  }
}

/** Without the order of columns, which no ALTER TABLE changes. */
function compare(expected: Schema, actual: Schema): SchemaDifference[] {
  return [...compareSchemas(expected.objects.map(unordered), actual.objects.map(unordered))];
}

function unordered(object: SchemaObject): SchemaObject {
  if (object.kind !== 'column') return object;
  return { ...object, definition: object.definition.replace(/^\d+ \| /, '') };
}

async function write(
  { now }: DiffDeps,
  { migrationsDir }: DiffOptions,
  name: string,
  { up, later, down, downOfLater }: Found,
): Promise<string[]> {
  const files: string[] = [];
  const back = { later: down.slice(0, downOfLater), now: down.slice(downOfLater) };
  if (up.length > 0) {
    const content = { up, down: back.now, transactional: true };
    files.push(...(await createMigration({ now }, { migrationsDir, name, content })).files);
  }
  if (later.length > 0) {
    // Alone, it is all there is to take back.
    const content = { up: later, down: up.length > 0 ? back.later : down, transactional: false };
    const second = up.length > 0 ? `${name} concurrently` : name;
    files.push(...(await createMigration({ now }, { migrationsDir, name: second, content })).files);
  }
  return files;
}
