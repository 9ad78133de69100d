import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { formatPassfileLine } from '../core/config/index.js';
import { BkDbError } from '../core/errors.js';
import { PRIVATE_DIRECTORY, syncDirectory, writeFileAtomic } from '../core/files.js';
import type { PgInstallation } from '../core/pg-tools.js';
import type { Tool } from '../core/process.js';
import { giveTo, type ServerAccount } from './account.js';
import { SERVER_USER } from './credentials.js';
import { STAGING_PREFIX, type ServerLayout } from './layout.js';
import { appendToOwnFile, PASS_GROUP, writeOwnFile } from './owned-files.js';
import { SETTINGS_FILE, type ServerSettings } from './server-settings.js';
import type { ServerDeps } from './types.js';

/** Proves that bk-db made this data directory, and that it still is the one it made. */
const MARKER_FILE = 'bk-db.json';
const markerSchema = z.object({
  formatVersion: z.literal(1),
  systemIdentifier: z.string(),
  createdAt: z.string(),
});

/** Major version of the server's data; undefined when the server was never created. */
export async function dataVersion(layout: ServerLayout): Promise<number | undefined> {
  const marker = await readFile(join(layout.dataDirectory, MARKER_FILE), 'utf8').catch(() => undefined);
  if (marker === undefined) return undefined;
  return Number.parseInt(await readFile(join(layout.dataDirectory, 'PG_VERSION'), 'utf8'), 10);
}

/**
 * Checks that the data is what bk-db created there: before anything is destroyed.
 * @throws BkDbError CONFIG_INVALID when it is some other cluster's.
 */
export async function assertOwnData(layout: ServerLayout): Promise<void> {
  const content = await readFile(join(layout.dataDirectory, MARKER_FILE), 'utf8');
  const marker = markerSchema.safeParse(JSON.parse(content));
  const found = await systemIdentifier(layout.dataDirectory).catch(() => undefined);
  if (marker.success && (found === undefined || found === marker.data.systemIdentifier)) return;
  throw new BkDbError(
    'CONFIG_INVALID',
    `${layout.dataDirectory} is not the data that bk-db created there: its system identifier differs`,
    { hint: 'Look at the directory; bk-db leaves it alone.', details: { found: found ?? null } },
  );
}

/**
 * Creates the data directory beside its final place and publishes it by rename, so that it is complete or absent.
 * The password goes to the invoking user's passfile. Only under the lock.
 */
export async function createData(
  deps: ServerDeps,
  layout: ServerLayout,
  creation: {
    readonly programs: PgInstallation;
    readonly account: ServerAccount;
    readonly settings: ServerSettings;
  },
): Promise<void> {
  const { account } = creation;
  const staging = await mkdtemp(join(layout.directory, STAGING_PREFIX));
  try {
    if (account !== undefined) {
      await chown(staging, 0, account.gid);
      await chmod(staging, PASS_GROUP);
    }
    const data = join(staging, 'data');
    const pwfile = join(staging, 'password');
    const password = randomBytes(24).toString('base64url');
    await mkdir(data, { mode: PRIVATE_DIRECTORY });
    await giveTo(account, data);
    await writeOwnFile(pwfile, `${password}\n`, account);
    await initialize(deps, { ...creation, data, pwfile });
    await appendToOwnFile(join(data, 'postgresql.conf'), `\ninclude = '${SETTINGS_FILE}'\n`);
    await writeOwnFile(join(data, SETTINGS_FILE), '', account);
    await writeOwnFile(join(data, MARKER_FILE), await newMarker(data), account);
    await writeFileAtomic(layout.passfile, formatPassfileLine(SERVER_USER, password));
    await rename(data, layout.dataDirectory);
    await syncDirectory(layout.directory);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

interface Initialization {
  readonly programs: PgInstallation;
  readonly account: ServerAccount;
  readonly settings: ServerSettings;
  readonly data: string;
  readonly pwfile: string;
}

async function initialize(deps: ServerDeps, options: Initialization): Promise<void> {
  const run = (locale: string) => deps.runTool(initdbTool(options, locale), { signal: deps.signal });
  try {
    await run('C.UTF-8');
  } catch (error) {
    if (!isUnknownLocale(error)) throw error;
    await run('C');
  }
}

/** The arguments of initdb. Pure. */
export function initdbTool(options: Initialization, locale: string): Tool {
  const args = [
    `--pgdata=${options.data}`,
    `--username=${SERVER_USER}`,
    `--pwfile=${options.pwfile}`,
    '--auth-local=scram-sha-256',
    '--auth-host=scram-sha-256',
    '--encoding=UTF8',
    `--locale=${locale}`,
    '--data-checksums',
    ...(options.settings['fsync'] === 'off' ? ['--no-sync'] : []),
  ];
  const identity = options.account === undefined ? {} : { identity: options.account };
  return { command: join(options.programs.directory, 'initdb'), args, cwd: '/', ...identity };
}

/** macOS before 14 and some small systems lack C.UTF-8. */
function isUnknownLocale(error: unknown): boolean {
  return (
    error instanceof BkDbError &&
    error.code === 'TOOL_FAILED' &&
    JSON.stringify(error.details['stderr']).includes('invalid locale')
  );
}

async function newMarker(data: string): Promise<string> {
  const marker = {
    formatVersion: 1,
    systemIdentifier: await systemIdentifier(data),
    createdAt: new Date().toISOString(),
  } satisfies z.infer<typeof markerSchema>;
  return `${JSON.stringify(marker)}\n`;
}

/** The number that PostgreSQL gave the cluster: the first eight bytes of its control file. */
async function systemIdentifier(data: string): Promise<string> {
  const file = await open(join(data, 'global/pg_control'), 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.readBigUInt64LE().toString();
  } finally {
    await file.close();
  }
}
