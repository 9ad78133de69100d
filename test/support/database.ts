import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { loadConfig } from '../../src/lib/core/config/index.js';
import { withDatabase as withName, type ConnectionTarget } from '../../src/lib/core/connection.js';
import { openDatabase, quoteIdentifier, withDatabase, type Sql } from '../../src/lib/core/database.js';

/** A database of its own for a test. */
export interface TestDatabase {
  readonly target: ConnectionTarget;
  readonly name: string;
  /** libpq URI without a password: it names a password file. */
  readonly url: string;
  /** Environment for {@link runCli}. */
  readonly env: Readonly<Record<string, string>>;
  readonly sql: Sql;
  /** Closes `sql` and drops the database, whoever is connected. */
  drop(): Promise<void>;
}

/** Creates an empty database on the run's throw-away server; the caller drops it. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const server = await serverTarget();
  await administer(server, `create database ${quoteIdentifier(name)} template template0`);
  const target = withName(server, name);
  const url = databaseUrl(name);
  const database = await openDatabase(target, { pool: { max: 4 } });
  return {
    target,
    name,
    url,
    env: { DATABASE_URL: url },
    sql: database.sql,
    drop: async () => {
      await database.close();
      await administer(server, `drop database if exists ${quoteIdentifier(name)} with (force)`);
    },
  };
}

/** The maintenance database of the throw-away server, as its superuser. */
export async function serverTarget(): Promise<ConnectionTarget> {
  const url = databaseUrl('postgres');
  const { target } = await loadConfig({ flags: { url: { text: url, flag: 'url' } }, env: {}, cwd: '/' });
  if (target === undefined) throw new Error(`no target in ${url}`);
  return target;
}

/** The URI of a database on the throw-away server, whether it exists or not. */
export function databaseUrl(name: string): string {
  return inject('serverUrl').replace('/bk?', `/${encodeURIComponent(name)}?`);
}

async function administer(server: ConnectionTarget, statement: string): Promise<void> {
  await withDatabase(server, {}, async ({ sql }) => {
    await sql.unsafe(statement);
  });
}
