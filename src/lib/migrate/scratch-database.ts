import { randomBytes } from 'node:crypto';
import { withDatabase as named } from '../core/connection.js';
import { quoteIdentifier, withDatabase, type Database } from '../core/database.js';
import type { LedgerDeps } from './deps.js';
import { createLedger } from './ledger.js';
import { withMigrationSession } from './session.js';

/**
 * Runs the work in an empty database of its own on the target's server, with a ledger, and drops it whatever happens.
 * @throws BkDbError PERMISSION where the role may not create databases.
 */
export async function withScratchDatabase<T, D extends LedgerDeps>(
  deps: D,
  work: (scratch: D, database: Database) => Promise<T>,
): Promise<T> {
  const name = `bk_scratch_${randomBytes(6).toString('hex')}`;
  await administer(deps, `create database ${quoteIdentifier(name)} template template0`);
  try {
    const scratch = { ...deps, target: named(deps.target, name) };
    return await withMigrationSession(scratch, async (database) => {
      await createLedger(database.sql);
      return work(scratch, database);
    });
  } finally {
    await administer(deps, `drop database if exists ${quoteIdentifier(name)} with (force)`);
  }
}

async function administer({ target }: LedgerDeps, statement: string): Promise<void> {
  await withDatabase(target, { pool: { prepare: false } }, async ({ sql }) => {
    await sql.unsafe(statement).simple();
  });
}
