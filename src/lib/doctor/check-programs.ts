import { findInstallations, type PgToolsDeps } from '../core/pg-tools.js';
import { failed, ok, warning } from './diagnosis.js';
import type { Diagnosis } from './types.js';

const OLDEST_NODE = [20, 19] as const;
const PG_PROGRAMS = [
  { program: 'pg_dump', use: 'backup' },
  { program: 'pg_restore', use: 'restore' },
  { program: 'psql', use: 'restore of plain archives' },
  { program: 'pg_dumpall', use: 'backup --globals' },
] as const;
/** Programs that only some wishes need. */
const HELPERS = [
  { program: 'zstd', use: '--compress zstd' },
  { program: 'lz4', use: '--compress lz4' },
  { program: 'xz', use: 'xz-compressed archives and CSV files' },
  { program: 'age', use: '--encrypt-to' },
] as const;

/** Node itself, PostgreSQL's client programs beside the server's version, and the compressors. */
export async function checkPrograms(
  deps: PgToolsDeps,
  { nodeVersion, serverMajor }: { readonly nodeVersion: string; readonly serverMajor: number | undefined },
): Promise<Diagnosis[]> {
  return [
    checkNode(nodeVersion),
    ...(await Promise.all(PG_PROGRAMS.map((program) => checkPgProgram(deps, program, serverMajor)))),
    ...(await Promise.all(HELPERS.map((helper) => checkHelper(deps, helper)))),
  ];
}

/** Pure. */
function checkNode(version: string): Diagnosis {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return isNew
    ? ok('program.node', `Node ${version}`)
    : failed(
        'program.node',
        `Node ${version} is older than ${OLDEST_NODE.join('.')}`,
        'Install a newer Node.',
      );
}

async function checkPgProgram(
  deps: PgToolsDeps,
  { program, use }: (typeof PG_PROGRAMS)[number],
  serverMajor: number | undefined,
): Promise<Diagnosis> {
  const id = `program.${program}`;
  const found = await findInstallations(deps, program);
  const fitting = found.findLast(({ major }) => major >= (serverMajor ?? 0));
  if (fitting !== undefined) return ok(id, `${program} ${fitting.version} in ${fitting.directory}`);
  const wanted = serverMajor ?? 17;
  const fix = `Install the PostgreSQL ${wanted} client programs (Debian: apt-get install postgresql-client-${wanted}), or set BK_DB_PG_BIN.`;
  const [newest] = found;
  return newest === undefined
    ? failed(id, `${program} was not found: ${use} cannot work`, fix)
    : failed(
        id,
        `${program} ${newest.version} is older than the server (${wanted}): ${use} will refuse`,
        fix,
      );
}

async function checkHelper(
  { runTool }: PgToolsDeps,
  { program, use }: (typeof HELPERS)[number],
): Promise<Diagnosis> {
  const id = `program.${program}`;
  try {
    const { stdout, stderr } = await runTool({ command: program, args: ['--version'] });
    return ok(id, `${program} ${/\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? ''}`.trim());
  } catch {
    return warning(
      id,
      `${program} is not installed: ${use} cannot work`,
      `Install ${program}, if you want that.`,
    );
  }
}
