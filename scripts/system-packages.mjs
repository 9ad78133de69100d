// Finds programs of the system, and installs what is missing through its package manager: as root, with sudo where it asks
// for no password, or not at all. Node built-ins only.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Package managers, and what each calls the packages a program comes in. */
const MANAGERS = [
  {
    program: 'apt-get',
    update: ['apt-get', 'update', '-qq'],
    install: [
      'apt-get',
      'install',
      '-y',
      '-qq',
      '--no-install-recommends',
      '-o',
      'Dpkg::Options::=--force-confold',
    ],
    byHand: 'sudo apt-get install --no-install-recommends',
    needsRoot: true,
    packages: {
      postgres: ['postgresql', 'postgresql-client'],
      openssl: ['openssl'],
      xz: ['xz-utils'],
      ss: ['iproute2'],
      ps: ['procps'],
      age: ['age'],
      zstd: ['zstd'],
      lz4: ['lz4'],
    },
    prepare: keepDebianFromStartingACluster,
  },
  {
    program: 'dnf',
    install: ['dnf', 'install', '-y', '-q'],
    byHand: 'sudo dnf install',
    needsRoot: true,
    packages: {
      postgres: ['postgresql-server', 'postgresql'],
      openssl: ['openssl'],
      xz: ['xz'],
      ss: ['iproute'],
      ps: ['procps-ng'],
      age: ['age'],
      zstd: ['zstd'],
      lz4: ['lz4'],
    },
  },
  {
    program: 'apk',
    install: ['apk', 'add', '-q'],
    byHand: 'sudo apk add',
    needsRoot: true,
    packages: {
      postgres: ['postgresql', 'postgresql-client'],
      openssl: ['openssl'],
      xz: ['xz'],
      ss: ['iproute2'],
      ps: ['procps'],
      age: ['age'],
      zstd: ['zstd'],
      lz4: ['lz4'],
    },
  },
  {
    program: 'brew',
    install: ['brew', 'install', '-q'],
    byHand: 'brew install',
    needsRoot: false,
    packages: {
      postgres: ['postgresql@17'],
      openssl: ['openssl'],
      xz: ['xz'],
      ss: [],
      ps: [],
      age: ['age'],
      zstd: ['zstd'],
      lz4: ['lz4'],
    },
  },
];

/** Parents of per-version folders of PostgreSQL's programs: where bk-db itself looks (src/lib/core/pg-tools.ts). */
const POSTGRES_FOLDERS = [
  ['/usr/lib/postgresql', /^\d+$/],
  ['/usr', /^pgsql-\d+$/],
  ['/opt/homebrew/opt', /^(postgresql@\d+|libpq)$/],
  ['/usr/local/opt', /^(postgresql@\d+|libpq)$/],
  ['/Applications/Postgres.app/Contents/Versions', /^\d+$/],
];

/** True when PostgreSQL's program is where bk-db finds it. */
export function hasPostgresProgram(program) {
  const own = process.env.BK_DB_PG_BIN ?? '';
  return (own === '' ? postgresFolders() : [own]).some((folder) => isExecutable(join(folder, program)));
}

export function isOnPath(program) {
  return pathFolders().some((folder) => isExecutable(join(folder, program)));
}

/**
 * Installs the packages of these names (keys of `packages` above).
 * Returns { ok }, or { ok: false, problem, remedy } where it may not or could not.
 */
export function installSystemPackages(names, say) {
  const manager = MANAGERS.find(({ program }) => isOnPath(program));
  if (manager === undefined)
    return refused('this system has no package manager that is known here', 'Install them by hand.');
  const packages = names.flatMap((name) => manager.packages[name]);
  const byHand = `${manager.byHand} ${packages.join(' ')}`;
  const prefix = manager.needsRoot ? rootPrefix() : [];
  if (prefix === undefined)
    return refused('this user may not install them', `Run this once, then try again:\n  ${byHand}`);
  say(`installing ${packages.join(', ')} with ${manager.program}`);
  manager.prepare?.(prefix);
  const commands = [
    ...(manager.update === undefined ? [] : [manager.update]),
    [...manager.install, ...packages],
  ];
  for (const command of commands) {
    const result = run([...prefix, ...command]);
    if (result.status !== 0)
      return refused(
        `\`${command.join(' ')}\` failed:\n${result.stderr}`,
        `Run this once, then try again:\n  ${byHand}`,
      );
  }
  return { ok: true };
}

function refused(problem, remedy) {
  return { ok: false, problem, remedy };
}

/** Debian's package would create and start a server on port 5432, which nobody asked for. */
function keepDebianFromStartingACluster(prefix) {
  const file = '/etc/postgresql-common/createcluster.conf';
  if (!existsSync(file))
    run([...prefix, 'sh', '-c', `mkdir -p ${dirname(file)} && echo 'create_main_cluster = false' > ${file}`]);
}

/** What to put before a command to run it as root; undefined when that is not possible without asking. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return isOnPath('sudo') && run(['sudo', '-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function postgresFolders() {
  const versioned = POSTGRES_FOLDERS.flatMap(([parent, pattern]) =>
    list(parent)
      .filter((name) => pattern.test(name))
      .map((name) => join(parent, name, 'bin')),
  );
  return [...versioned, ...pathFolders()];
}

function pathFolders() {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function run([program, ...args]) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
