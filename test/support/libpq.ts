import { serverTarget } from './database.js';

/** The variables with which libpq's programs reach the throw-away server, as its superuser. */
export async function libpqEnv(database: string): Promise<Record<string, string>> {
  const { host, port, user, password } = await serverTarget();
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    ...(password === undefined ? {} : { PGPASSWORD: password.reveal() }),
  };
}
