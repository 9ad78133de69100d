import { loadConfig, type Environment } from './core/config/index.js';
import { openDatabase, type Database } from './core/database.js';
import { BkDbError } from './core/errors.js';

export interface ConnectOptions {
  /** A connection URL; wins over the environment. */
  readonly url?: string;
  /** Where BK_DB_URL, DATABASE_URL, the PG* and the BK_DB_* variables are looked up, such as `process.env`; default nowhere. */
  readonly env?: Environment;
  /** Where .env and bk-db.config.json are looked for; default the working directory. */
  readonly cwd?: string;
  /** When aborted, connecting ends and running statements are cancelled on the server. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a pool on the database that the options name, with TLS, password file and pool settings resolved as on the
 * command line. Whoever connects closes: `await database.close()`.
 * @throws BkDbError CONFIG_INVALID (every wrong value with its source, or no database named), CONNECTION_FAILED, NOT_FOUND.
 */
export async function connect(options: ConnectOptions): Promise<Database> {
  const { url, env = {}, cwd = '.', signal } = options;
  const flags = url === undefined ? {} : { url: { text: url, flag: 'url' } };
  const config = await loadConfig({ flags, env, cwd });
  if (config.target === undefined) {
    throw new BkDbError('CONFIG_INVALID', 'no database is named', {
      hint: 'Give connect a url, or an env with DATABASE_URL or PG* variables.',
    });
  }
  return openDatabase(config.target, { pool: config.pool, signal });
}
