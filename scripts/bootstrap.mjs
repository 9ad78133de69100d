// Sets everything up that `npm test` and `npm run quickstart` need, and does nothing that is done already:
// Node's version, npm packages, PostgreSQL's programs, the build. Node built-ins only: nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const EXIT_TOOL_MISSING = 12;
const PROGRAMS = ['initdb', 'pg_ctl', 'postgres', 'pg_dump', 'pg_restore', 'psql'];

requireNode();
installPackages();
installPostgres();
build();

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Node ${process.versions.node} is too old: bk-db needs 20.19 or newer.`,
    'Install it from https://nodejs.org, or with your version manager.',
  );
}

function installPackages() {
  const stamp = join(root, 'node_modules/.bk-db-stamp');
  const wanted = `${hashFiles([join(root, 'package-lock.json')])} node${process.versions.node.split('.')[0]} ${process.platform}-${process.arch}`;
  if (read(stamp) === wanted) return;
  say('installing npm packages');
  const args = ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const result =
    npm === undefined
      ? run('npm', args, { env: npmEnvironment() })
      : run(process.execPath, [npm, ...args], { env: npmEnvironment() });
  if (result.status !== 0)
    fail(
      'npm could not install the packages.',
      'Read its message above; without a network the npm cache must hold them.',
    );
  writeFileSync(stamp, wanted);
}

/** What the caller's npm was told about its own project must not change this install. */
function npmEnvironment() {
  const env = { ...process.env };
  for (const key of Object.keys(env)) {
    if (
      /^(npm_config_(global|prefix|omit|production|dry_run|ignore_scripts|include|only|location)|NODE_ENV)$/i.test(
        key,
      )
    )
      delete env[key];
  }
  return env;
}

function installPostgres() {
  const missing = PROGRAMS.filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  const step = installStep();
  if (step === undefined) {
    fail(
      `PostgreSQL's ${missing.join(', ')} not found.`,
      'Install PostgreSQL (server and client programs, 13 or newer), or set BK_DB_PG_BIN to their folder.',
    );
  }
  const prefix = step.needsRoot ? rootPrefix() : [];
  if (prefix === undefined) {
    fail(
      `PostgreSQL's ${missing.join(', ')} not found, and this user may not install it.`,
      `Run this once, then try again:\n  sudo ${step.commands.at(-1).join(' ')}`,
    );
  }
  say(`installing PostgreSQL (${step.commands.at(-1).join(' ')})`);
  step.prepare?.(prefix);
  for (const command of step.commands) {
    const [program, ...args] = [...prefix, ...command];
    const result = run(program, args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      quiet: true,
    });
    if (result.status !== 0)
      fail(
        `\`${command.join(' ')}\` failed:\n${result.stderr}`,
        'Install PostgreSQL by hand, then try again.',
      );
  }
  const still = PROGRAMS.filter((program) => !isInstalled(program));
  if (still.length > 0)
    fail(
      `PostgreSQL was installed, but ${still.join(', ')} is still not found.`,
      'Set BK_DB_PG_BIN to the folder of its programs.',
    );
}

function installStep() {
  if (onPath('apt-get')) {
    return {
      needsRoot: true,
      prepare: keepDebianFromStartingACluster,
      commands: [
        ['apt-get', 'update', '-qq'],
        [
          'apt-get',
          'install',
          '-y',
          '-qq',
          '--no-install-recommends',
          '-o',
          'Dpkg::Options::=--force-confold',
          'postgresql',
          'postgresql-client',
        ],
      ],
    };
  }
  if (onPath('dnf'))
    return { needsRoot: true, commands: [['dnf', 'install', '-y', '-q', 'postgresql-server', 'postgresql']] };
  if (onPath('apk'))
    return { needsRoot: true, commands: [['apk', 'add', '-q', 'postgresql', 'postgresql-client']] };
  if (onPath('brew')) return { needsRoot: false, commands: [['brew', 'install', '-q', 'postgresql@17']] };
  return undefined;
}

/** Debian's package would create and start a server on port 5432, which nobody asked for. */
function keepDebianFromStartingACluster(prefix) {
  const file = '/etc/postgresql-common/createcluster.conf';
  if (existsSync(file)) return;
  const [program, ...args] = [
    ...prefix,
    'sh',
    '-c',
    `mkdir -p ${dirname(file)} && echo 'create_main_cluster = false' > ${file}`,
  ];
  run(program, args, { quiet: true });
}

/** What to put before a command to run it as root; undefined when that is not possible without asking. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const free = onPath('sudo') && run('sudo', ['-n', 'true'], { quiet: true }).status === 0;
  return free ? ['sudo', '-n'] : undefined;
}

function build() {
  const stamp = join(root, 'dist/.stamp');
  const sources = [
    ...files('src'),
    ...files('scripts'),
    join(root, 'package.json'),
    join(root, 'package-lock.json'),
    ...['tsconfig.json', 'tsconfig.types.json'].map((name) => join(root, name)),
  ];
  const wanted = hashFiles(sources);
  if (read(stamp) === wanted) return;
  say('building');
  const result = run(process.execPath, [join(root, 'scripts/build.mjs')]);
  if (result.status !== 0) fail('the build failed.', 'Read its messages above.');
  writeFileSync(stamp, wanted);
}

function isInstalled(program) {
  return postgresDirectories().some((directory) => isExecutable(join(directory, program)));
}

/** Where bk-db itself looks (src/lib/core/pg-tools.ts). */
function postgresDirectories() {
  if ((process.env.BK_DB_PG_BIN ?? '') !== '') return [process.env.BK_DB_PG_BIN];
  const versioned = [
    ['/usr/lib/postgresql', /^\d+$/],
    ['/usr', /^pgsql-\d+$/],
    ['/opt/homebrew/opt', /^(postgresql@\d+|libpq)$/],
    ['/usr/local/opt', /^(postgresql@\d+|libpq)$/],
    ['/Applications/Postgres.app/Contents/Versions', /^\d+$/],
  ].flatMap(([parent, pattern]) =>
    list(parent)
      .filter((name) => pattern.test(name))
      .map((name) => join(parent, name, 'bin')),
  );
  return [...versioned, ...pathDirectories()];
}

function onPath(program) {
  return pathDirectories().some((directory) => isExecutable(join(directory, program)));
}

function pathDirectories() {
  return (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function files(directory) {
  return readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function list(directory) {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function hashFiles(paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function run(program, args, { quiet = false, env = process.env } = {}) {
  return spawnSync(program, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
  });
}

function say(text) {
  process.stderr.write(`bk-db set-up: ${text}\n`);
}

function fail(text, remedy) {
  process.stderr.write(`bk-db set-up: ${text}\n${remedy}\n`);
  process.exit(EXIT_TOOL_MISSING);
}
