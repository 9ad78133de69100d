import { fileURLToPath } from 'node:url';
import { openDatabase, type Sql } from '../../src/lib/core/database.js';
import { migrate } from '../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from './database.js';

/** A database of its own with the whole schema in it. Its client connected after the enum types were made. */
export async function createSchemaDatabase({ poolSize = 4 } = {}): Promise<TestDatabase> {
  const database = await createDatabase();
  await migrate(
    { target: database.target, signal: new AbortController().signal },
    { migrationsDir: fileURLToPath(new URL('../../sql/migrations', import.meta.url)) },
  );
  const client = await openDatabase(database.target, { pool: { max: poolSize } });
  const drop = async () => {
    await client.close();
    await database.drop();
  };
  return { ...database, sql: client.sql, drop };
}

/** Runs the work on each kind of connection a repository takes. */
export async function onEveryConnection(
  sql: Sql,
  work: (kind: string, connection: Sql) => Promise<void>,
): Promise<void> {
  await work('pool', sql);
  const reserved = await sql.reserve();
  try {
    await work('reserved', reserved);
  } finally {
    reserved.release();
  }
  await sql.begin(async (transaction) => work('transaction', transaction as unknown as Sql));
}
