import { constants } from 'node:fs';
import { access, readdir, realpath } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import type { Environment } from './config/sources.js';
import { BkDbError } from './errors.js';
import type { OpenTool, RunTool } from './process.js';

/** A folder of PostgreSQL programs of one version. */
export interface PgInstallation {
  readonly directory: string;
  /** Major version, such as 15. */
  readonly major: number;
  /** Full version as the program prints it, such as 15.18. */
  readonly version: string;
}

export interface PgToolsDeps {
  readonly runTool: RunTool;
  readonly env: Environment;
  /** The only folder to look into, when the user names one (BK_DB_PG_BIN). */
  readonly pgBin: string | undefined;
}

/** The same with the means to read a tool's output while it runs. */
export interface PgStreamDeps extends PgToolsDeps {
  readonly openTool: OpenTool;
}

/** Parents of per-version folders: Debian, Red Hat, Homebrew on both processors, Postgres.app. */
const VERSIONED_PARENTS = [
  { parent: '/usr/lib/postgresql', matches: /^\d+$/, bin: 'bin' },
  { parent: '/usr', matches: /^pgsql-\d+$/, bin: 'bin' },
  { parent: '/opt/homebrew/opt', matches: /^(postgresql@\d+|libpq)$/, bin: 'bin' },
  { parent: '/usr/local/opt', matches: /^(postgresql@\d+|libpq)$/, bin: 'bin' },
  { parent: '/Applications/Postgres.app/Contents/Versions', matches: /^\d+$/, bin: 'bin' },
];

/** Every installation that has the program, newest first. */
export async function findInstallations(deps: PgToolsDeps, program: string): Promise<PgInstallation[]> {
  const directories = deps.pgBin === undefined ? await candidateDirectories(deps.env) : [deps.pgBin];
  const found: PgInstallation[] = [];
  for (const directory of directories) {
    if (!(await isRealProgram(join(directory, program)))) continue;
    const version = await versionOf(deps.runTool, join(directory, program));
    if (version !== undefined) found.push({ directory, major: Number.parseInt(version, 10), version });
  }
  return found.sort((a, b) => b.major - a.major);
}

/**
 * The oldest installed program that is at least as new as the server: pg_dump refuses newer servers.
 * @throws BkDbError TOOL_MISSING saying what was found instead.
 */
export async function findToolFor(
  deps: PgToolsDeps,
  program: string,
  serverMajor: number,
): Promise<PgInstallation & { readonly path: string }> {
  const installations = await findInstallations(deps, program);
  const chosen = installations.findLast((installation) => installation.major >= serverMajor);
  if (chosen !== undefined) return { ...chosen, path: join(chosen.directory, program) };
  const newest = installations[0];
  const message =
    newest === undefined
      ? `${program} was not found`
      : `${program} ${newest.version} is older than the server (${serverMajor})`;
  throw new BkDbError('TOOL_MISSING', message, {
    hint: `Install the PostgreSQL ${serverMajor} client programs (Debian: apt-get install postgresql-client-${serverMajor}), or set BK_DB_PG_BIN to their folder.`,
    details: {
      program,
      serverMajor,
      found: installations.map(({ directory, version }) => ({ directory, version })),
    },
  });
}

async function candidateDirectories(env: Environment): Promise<string[]> {
  const path = (env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '');
  const versioned = await Promise.all(
    VERSIONED_PARENTS.map(async ({ parent, matches, bin }) => {
      const names = await readdir(parent).catch(() => []);
      return names.filter((name) => matches.test(name)).map((name) => join(parent, name, bin));
    }),
  );
  return [...new Set([...versioned.flat(), ...path])];
}

/** Debian's /usr/bin/pg_dump is a wrapper that chooses a version by its own rules; it is passed over. */
async function isRealProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return basename(await realpath(path)) !== 'pg_wrapper';
  } catch {
    return false;
  }
}

async function versionOf(runTool: RunTool, path: string): Promise<string | undefined> {
  const result = await runTool({ command: path, args: ['--version'] }).catch(() => undefined);
  return result === undefined ? undefined : /(\d+(?:\.\d+|devel|beta\d+|rc\d+)*)/.exec(result.stdout)?.[1];
}
