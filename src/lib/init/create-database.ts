import { withDatabase as withName, type ConnectionTarget } from '../core/connection.js';
import { quoteIdentifier, withDatabase, type Database } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { toBkDbError } from '../core/to-error.js';

/** Databases that exist on (almost) every server; one of them is needed to create or drop another. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];

/**
 * Creates the target's database if it is missing; true when it did. Safe when several do it at once.
 * @throws BkDbError PERMISSION, CONNECTION_FAILED.
 */
export async function ensureDatabase(target: ConnectionTarget): Promise<boolean> {
  if (await databaseExists(target)) return false;
  return withMaintenanceDatabase(target, async ({ sql }) => {
    try {
      await sql.unsafe(`create database ${quoteIdentifier(target.database)}`);
      return true;
    } catch (error) {
      // Somebody else created it between the look and the statement.
      if (isDuplicate(error)) return false;
      throw error;
    }
  });
}

/** True when the target's database can be connected to. */
export async function databaseExists(target: ConnectionTarget): Promise<boolean> {
  try {
    await withDatabase(target, {}, () => Promise.resolve());
    return true;
  } catch (error) {
    if (toBkDbError(error).code === 'NOT_FOUND') return false;
    throw error;
  }
}

/** Ends every session of the target's database and drops it. What was in it is gone. */
export async function dropDatabase(target: ConnectionTarget): Promise<void> {
  if (MAINTENANCE_DATABASES.includes(target.database)) {
    throw new BkDbError('USAGE', `refusing to drop the maintenance database "${target.database}"`, {
      hint: 'Name the database to recreate in the URL or in PGDATABASE.',
    });
  }
  await withMaintenanceDatabase(target, ({ sql }) =>
    sql.unsafe(`drop database ${quoteIdentifier(target.database)} with (force)`),
  );
}

/** Runs the work on the first maintenance database that can be reached. */
async function withMaintenanceDatabase<T>(
  target: ConnectionTarget,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  let failure: unknown;
  for (const name of MAINTENANCE_DATABASES.filter((candidate) => candidate !== target.database)) {
    try {
      return await withDatabase(withName(target, name), {}, work);
    } catch (error) {
      failure = error;
      if (!['NOT_FOUND', 'PERMISSION'].includes(toBkDbError(error).code)) break;
    }
  }
  throw failure;
}

function isDuplicate(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '42P04' || code === '23505';
}
