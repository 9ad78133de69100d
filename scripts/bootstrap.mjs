// Sets everything up that `npm test` and `npm run quickstart` need, and does nothing that is done already:
// Node's version, npm packages, PostgreSQL's programs, the build. Node built-ins only: nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasPostgresProgram, installSystemPackages, isOnPath } from './system-packages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const EXIT_TOOL_MISSING = 12;
const PROGRAMS = ['initdb', 'pg_ctl', 'postgres', 'pg_dump', 'pg_restore', 'psql'];
const TEST_PROGRAMS = ['openssl', 'xz', 'ss', 'ps', 'age', 'zstd', 'lz4'];

requireNode();
installPackages();
installPostgres();
if (process.argv.includes('--tests')) installTestPrograms();
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
  const missing = PROGRAMS.filter((program) => !hasPostgresProgram(program));
  if (missing.length === 0) return;
  const what = `PostgreSQL's ${missing.join(', ')} not found`;
  if ((process.env.BK_DB_PG_BIN ?? '') !== '')
    fail(`${what} in BK_DB_PG_BIN (${process.env.BK_DB_PG_BIN}).`, 'Correct or unset it.');
  const result = installSystemPackages(['postgres'], say);
  if (!result.ok) fail(`${what}, and ${result.problem}.`, result.remedy);
  const still = PROGRAMS.filter((program) => !hasPostgresProgram(program));
  if (still.length > 0)
    fail(
      `PostgreSQL was installed, but ${still.join(', ')} not found.`,
      'Set BK_DB_PG_BIN to the folder of its programs.',
    );
}

/** Tests skip what they have no program for; better to have them. */
function installTestPrograms() {
  const missing = TEST_PROGRAMS.filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const result = installSystemPackages(missing, say);
  if (!result.ok)
    say(
      `${missing.join(', ')} not found, so some tests will fail or skip: ${result.problem}. ${result.remedy}`,
    );
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

function files(directory) {
  return readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
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
