import { readFile } from 'node:fs/promises';
import { findPassword } from '../core/config/index.js';
import { NO_SSL, type ConnectionTarget } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import { SERVER_PORT, type ServerLayout } from './layout.js';

/** The superuser of the embedded server. */
export const SERVER_USER = 'bk';
/** The database that bk-db works on there; `init` creates it. */
const SERVER_DATABASE = 'bk';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * How to reach the server.
 * @throws BkDbError IO when the password file is gone.
 */
export async function serverTarget(layout: ServerLayout): Promise<ConnectionTarget> {
  const key = {
    host: layout.socketDirectory,
    port: SERVER_PORT,
    user: SERVER_USER,
    database: SERVER_DATABASE,
  };
  const found = findPassword(await readPassfile(layout.passfile), key);
  if (found === undefined) throw lost(layout.passfile);
  return {
    ...key,
    password: new Secret(found.password),
    ssl: NO_SSL,
    applicationName: 'bk-db',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    options: undefined,
  };
}

/** The server as a libpq URI, which names the password file instead of the password. */
export function serverUri(layout: ServerLayout, database = SERVER_DATABASE): string {
  const parameters = [
    `host=${encodeURIComponent(layout.socketDirectory)}`,
    `port=${SERVER_PORT}`,
    `passfile=${encodeURIComponent(layout.passfile)}`,
  ];
  return `postgresql://${SERVER_USER}@/${encodeURIComponent(database)}?${parameters.join('&')}`;
}

async function readPassfile(passfile: string): Promise<string> {
  try {
    return await readFile(passfile, 'utf8');
  } catch (cause) {
    throw lost(passfile, cause);
  }
}

function lost(passfile: string, cause?: unknown): BkDbError {
  return new BkDbError('IO', `the password of the embedded server cannot be read from ${passfile}`, {
    hint: 'Restore the file from a copy; without it only `bk-db server destroy` is left.',
    cause,
  });
}
