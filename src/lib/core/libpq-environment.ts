import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSocketTarget, type ConnectionTarget } from './connection.js';
import { formatPassfileLine } from './config/pgpass.js';
import { BkDbError } from './errors.js';
import { writeFileAtomic } from './files.js';

const PREFIX = 'bk-db-passfile-';

/**
 * Hands the work the PG* variables with which pg_dump, pg_restore and psql reach the target as postgres.js does.
 * A password goes through a private file that exists only meanwhile; it is never in arguments or variables.
 */
export async function withLibpqEnvironment<T>(
  target: ConnectionTarget,
  work: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (target.password === undefined) return work(libpqVariables(target));
  if (/[\r\n\0]/.test(target.password.reveal())) throw unwritablePassword();
  await sweepStalePassfiles();
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    const passfile = join(directory, 'pgpass');
    await writeFileAtomic(passfile, formatPassfileLine(target.user, target.password.reveal()));
    return await work({ ...libpqVariables(target), PGPASSFILE: passfile });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function unwritablePassword(): BkDbError {
  return new BkDbError(
    'CONFIG_INVALID',
    'the password has a line break in it, which no password file can hold',
    {
      hint: 'Was it read from a file with a newline at its end?',
    },
  );
}

/** The target as libpq's variables, without the password. */
function libpqVariables(target: ConnectionTarget): Record<string, string> {
  const { ssl } = target;
  return {
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGDATABASE: target.database,
    PGAPPNAME: target.applicationName,
    PGCONNECT_TIMEOUT: String(Math.ceil(target.connectTimeoutMs / 1000)),
    // postgres.js knows no GSSAPI encryption: both must see the same connection.
    PGGSSENCMODE: 'disable',
    PGSSLMODE: isSocketTarget(target) ? 'disable' : ssl.mode,
    ...optional('PGSSLROOTCERT', ssl.rootCertFile),
    ...optional('PGSSLCERT', ssl.certFile),
    ...optional('PGSSLKEY', ssl.keyFile),
    ...optional('PGOPTIONS', target.options),
  };
}

function optional(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}

/** Removes what a killed bk-db left; a directory belongs to the process whose number it carries. */
async function sweepStalePassfiles(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    if (!isAlive(pid))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
