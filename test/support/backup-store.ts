import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import {
  createBackup,
  type Backup,
  type CreateBackupDeps,
  type CreateBackupOptions,
} from '../../src/lib/backup/index.js';
import { withDatabase as withName, type ConnectionTarget } from '../../src/lib/core/connection.js';
import { openDatabase, quoteIdentifier, withDatabase, type Sql } from '../../src/lib/core/database.js';
import { createDatabase, serverTarget, type TestDatabase } from './database.js';
import { testOpenTool, testRunTool } from './pg-run-tool.js';

/** The directory of the example databases; tests that need them are skipped where it is not. */
export const SAMPLE_DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));
export const hasSampleData = existsSync(SAMPLE_DATA);

/** A backup store that goes away with the test. */
export async function temporaryStore(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-store-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A database that goes away with the test, filled by the SQL. */
export async function filledDatabase(script: string): Promise<TestDatabase> {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  await database.sql.unsafe(script).simple();
  return database;
}

/** What backup and restore are handed, as the command line makes it. */
export function backupDeps(target: ConnectionTarget, changes: Partial<CreateBackupDeps> = {}) {
  return {
    target,
    pgTools: { runTool: testRunTool, openTool: testOpenTool, env: process.env, pgBin: undefined },
    now: () => new Date(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onWarning: () => undefined,
    version: '0.0.0-test',
    ...changes,
  } satisfies CreateBackupDeps;
}

/** Takes a backup as the library does. */
export function takeBackup(
  target: ConnectionTarget,
  directory: string,
  options: Partial<CreateBackupOptions> = {},
): Promise<Backup> {
  return createBackup(backupDeps(target), { directory, jobs: 2, ...options });
}

/** A name for a database that does not exist yet; whatever comes into being under it goes away with the test. */
export function temporaryName(prefix = 'restored'): string {
  const name = `${prefix}_${Math.random().toString(36).slice(2, 10)}`;
  onTestFinished(async () => {
    await withDatabase(await serverTarget(), {}, async ({ sql }) => {
      await sql.unsafe(`drop database if exists ${quoteIdentifier(name)} with (force)`);
    });
  });
  return name;
}

/** Opens another database of the server for the rest of the test. */
export async function openForTest(name: string): Promise<Sql> {
  const database = await openDatabase(withName(await serverTarget(), name), { pool: { max: 1 } });
  onTestFinished(() => database.close());
  return database.sql;
}

/** Loads one of the example databases by its own script; it goes away with the test. */
export async function loadSample(sample: string): Promise<ConnectionTarget> {
  const server = await serverTarget();
  const name = temporaryName(sample);
  // Pagila's script gives everything to it.
  await withDatabase(server, {}, async ({ sql }) => {
    await sql`create role postgres`.catch(() => undefined);
  });
  await execa('bash', [join(SAMPLE_DATA, sample, `load-${sample}.sh`), name], {
    env: {
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.user,
      ...(server.password === undefined ? {} : { PGPASSWORD: server.password.reveal() }),
    },
  });
  return withName(server, name);
}
