import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Environment } from '../core/config/index.js';
import { currentUid } from './account.js';
import { findProjectRoot } from './project-root.js';
import type { ServerDeps } from './types.js';

/** Where one project's server keeps everything; all paths absolute. */
export interface ServerLayout {
  readonly projectRoot: string;
  /** The server's folder; the rest lies in it. */
  readonly directory: string;
  readonly dataDirectory: string;
  /** Directory of the socket; outside of the folder when that path cannot be a socket's. */
  readonly socketDirectory: string;
  readonly logDirectory: string;
  readonly logFile: string;
  /** libpq password file of the invoking user. */
  readonly passfile: string;
  readonly lockFile: string;
}

/** Number in the socket's name. No TCP port is ever opened. */
export const SERVER_PORT = 5432;

/** Data being made, and data being removed: what a killed bk-db leaves of them is swept by the next start. */
export const STAGING_PREFIX = '.new-';
export const REMOVED_PREFIX = '.removed-';

/** The kernel's limit is 107 bytes on Linux and 103 on macOS. */
const SOCKET_PATH_LIMIT = 100;

export interface LayoutOptions {
  readonly projectRoot: string;
  /** The server's folder: BK_DB_HOME, or one of its own for the project. */
  readonly directory: string;
  readonly uid: number;
}

/** The layout of the server of the project that the working directory belongs to. */
export async function locateServer(deps: ServerDeps): Promise<ServerLayout> {
  const projectRoot = await findProjectRoot(deps.cwd);
  const uid = currentUid();
  const directory = deps.home ?? join(serversDirectory(deps.env, uid), serverKey(projectRoot));
  return serverLayout({ projectRoot, directory: await resolveLinks(directory), uid });
}

/** Every path of a server, from its folder and user. */
export function serverLayout({ projectRoot, directory, uid }: LayoutOptions): ServerLayout {
  const logDirectory = join(directory, 'log');
  return {
    projectRoot,
    directory,
    dataDirectory: join(directory, 'data'),
    socketDirectory: socketDirectory(directory, uid),
    logDirectory,
    logFile: join(logDirectory, 'server.log'),
    passfile: join(directory, 'pgpass'),
    lockFile: join(directory, 'lock'),
  };
}

/** A readable and unique folder name for a project. */
export function serverKey(projectRoot: string): string {
  const name = basename(projectRoot)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 40);
  return `${name === '' ? 'root' : name}-${shortHash(projectRoot)}`;
}

/** root's own home cannot be entered by the account that the server runs as. */
function serversDirectory(env: Environment, uid: number): string {
  if (uid === 0) return '/var/lib/bk-db/servers';
  const dataHome = filled(env['XDG_DATA_HOME']) ?? join(filled(env['HOME']) ?? homedir(), '.local/share');
  return join(dataHome, 'bk-db/servers');
}

/** /tmp and not TMPDIR, which may differ from one shell to the next. */
function socketDirectory(directory: string, uid: number): string {
  const inside = join(directory, 'run');
  const socket = join(inside, `.s.PGSQL.${SERVER_PORT}`);
  // libpq takes a comma for the end of a host.
  return Buffer.byteLength(socket) <= SOCKET_PATH_LIMIT && !inside.includes(',')
    ? inside
    : `/tmp/bk-db-${uid}-${shortHash(directory)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** A server is known by the path of its data, so that path must be the same however one came to it. */
async function resolveLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await resolveLinks(dirname(path)), basename(path));
  }
}
