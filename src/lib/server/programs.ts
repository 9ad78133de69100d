import { BkDbError } from '../core/errors.js';
import { findInstallations, type PgInstallation, type PgToolsDeps } from '../core/pg-tools.js';

const SERVER_PROGRAMS = ['initdb', 'pg_ctl', 'postgres'];

/**
 * The programs for a new server: the newest that is not newer than an installed pg_dump, which could not dump it.
 * @throws BkDbError TOOL_MISSING
 */
export async function newestPrograms(deps: PgToolsDeps): Promise<PgInstallation> {
  const [servers, dumps] = await Promise.all([serverInstallations(deps), findInstallations(deps, 'pg_dump')]);
  const newestDump = dumps[0]?.major ?? Number.POSITIVE_INFINITY;
  const chosen = servers.find(({ major }) => major <= newestDump);
  if (chosen !== undefined) return chosen;
  const found = servers[0];
  throw new BkDbError(
    'TOOL_MISSING',
    found === undefined
      ? 'the PostgreSQL server programs (initdb, pg_ctl, postgres) were not found'
      : `the PostgreSQL server programs (${found.version}) are newer than every installed pg_dump (${newestDump})`,
    {
      hint:
        found === undefined
          ? 'Install them (Debian: apt-get install postgresql; macOS: brew install postgresql), or set BK_DB_PG_BIN to their folder.'
          : `Install the client programs too (Debian: apt-get install postgresql-client-${found.major}).`,
      details: { found: servers.map(({ directory, version }) => ({ directory, version })) },
    },
  );
}

/**
 * The programs for existing data, which only its own major version can open.
 * @throws BkDbError TOOL_MISSING
 */
export async function programsOf(deps: PgToolsDeps, major: number): Promise<PgInstallation> {
  const servers = await serverInstallations(deps);
  const chosen = servers.find((installation) => installation.major === major);
  if (chosen !== undefined) return chosen;
  throw new BkDbError(
    'TOOL_MISSING',
    `the embedded server's data is of PostgreSQL ${major}, whose server programs were not found`,
    {
      hint: `Install them (Debian: apt-get install postgresql-${major}), set BK_DB_PG_BIN to their folder, or remove the data with \`bk-db server destroy\`.`,
      details: { major, found: servers.map(({ directory, version }) => ({ directory, version })) },
    },
  );
}

/** Folders that hold all three programs, newest first. */
async function serverInstallations(deps: PgToolsDeps): Promise<PgInstallation[]> {
  const [first = [], ...others] = await Promise.all(
    SERVER_PROGRAMS.map((program) => findInstallations(deps, program)),
  );
  return first.filter(({ directory }) =>
    others.every((list) => list.some((installation) => installation.directory === directory)),
  );
}
