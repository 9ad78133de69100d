import { readFile } from 'node:fs/promises';
import { withDatabase } from '../core/database.js';
import { writeFileAtomic } from '../core/files.js';
import { withLibpqEnvironment } from '../core/libpq-environment.js';
import { findToolFor, type PgToolsDeps } from '../core/pg-tools.js';
import type { LedgerDeps } from './deps.js';
import { currentSchemaVersion } from './ledger.js';
import type { SchemaFile } from './types.js';

export interface SchemaFileDeps extends LedgerDeps {
  readonly pgTools: PgToolsDeps;
}

export interface SchemaFileOptions {
  /** Absolute path. */
  readonly path: string;
  /** False where no migration ran: then a file of the same version is taken for right and pg_dump is not started. */
  readonly changed: boolean;
}

/** For everybody who works on the project, as the files of migrations are. */
const MODE = 0o644;

/**
 * Keeps a file with the schema that the migrations made, for people and for version control. It is written anew only when
 * its content changes, which does not depend on the minor version of pg_dump.
 * @throws BkDbError TOOL_MISSING, TOOL_FAILED, IO.
 */
export async function updateSchemaFile(
  deps: SchemaFileDeps,
  { path, changed }: SchemaFileOptions,
): Promise<SchemaFile> {
  const present = await readIfThere(path);
  const { version, major } = await readVersion(deps);
  if (!changed && present?.startsWith(header(version)) === true) return { path, change: 'none' };
  const text = await dumpSchema(deps, { version, major });
  if (text === present) return { path, change: 'none' };
  await writeFileAtomic(path, text, MODE);
  return { path, change: present === undefined ? 'created' : 'rewritten' };
}

/** True when the file holds the schema of the database as it is now. Writes nothing. */
export async function isSchemaFileCurrent(deps: SchemaFileDeps, path: string): Promise<boolean> {
  const present = await readIfThere(path);
  return present !== undefined && present === (await dumpSchema(deps, await readVersion(deps)));
}

interface Versions {
  /** Of the schema; null before the first migration. */
  readonly version: string | null;
  /** Of the server. */
  readonly major: number;
}

async function readVersion({ target }: SchemaFileDeps): Promise<Versions> {
  return withDatabase(target, { pool: { prepare: false } }, async ({ sql, serverVersion }) => ({
    version: await currentSchemaVersion(sql),
    major: Math.floor(serverVersion / 10_000),
  }));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function dumpSchema(
  { target, pgTools, signal }: SchemaFileDeps,
  { version, major }: Versions,
): Promise<string> {
  const dump = await findToolFor(pgTools, 'pg_dump', major);
  const args = [
    '--schema-only',
    '--no-owner',
    '--no-privileges',
    '--no-password',
    '--encoding=UTF8',
    '--exclude-schema=bk_migrations',
  ];
  const { stdout } = await withLibpqEnvironment(target, (env) =>
    pgTools.runTool({ command: dump.path, args, env }, { signal }),
  );
  return `${header(version)}\n${withoutChance(stdout)}`;
}

function header(version: string | null): string {
  return version === null
    ? '-- Schema before the first migration, written by bk-db.\n'
    : `-- Schema at version ${version}, written by bk-db. After loading it with psql: bk-db migrate baseline ${version}\n`;
}

/** Without what another run or another minor version of pg_dump writes otherwise, at both ends: random keys and its own name. */
function withoutChance(dump: string): string {
  const body = dump
    .replace(
      /^(--\n-- PostgreSQL database dump\n--\n\n)(?:\\restrict \w+\n\n)?-- Dumped from .*\n-- Dumped by .*\n\n/,
      '$1',
    )
    .replace(/\n\n\\unrestrict \w+\n*$/, '\n');
  return `${body.trimEnd()}\n`;
}
