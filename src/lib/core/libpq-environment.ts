import { join } from 'node:path';
import { isSocketTarget, type ConnectionTarget } from './connection.js';
import { formatPassfileLine } from './config/pgpass.js';
import { BkDbError } from './errors.js';
import { writeFileAtomic } from './files.js';
import { withTemporaryDirectory } from './temporary-directory.js';

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
  const line = formatPassfileLine(target.user, target.password.reveal());
  return withTemporaryDirectory('passfile', async (directory) => {
    const passfile = join(directory, 'pgpass');
    await writeFileAtomic(passfile, line);
    return work({ ...libpqVariables(target), PGPASSFILE: passfile });
  });
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
