// `npm run quickstart`: sets everything up, then does bk-db's main job on the embedded server as an operator would:
// create, migrate, seed, back up, restore, prove, look at the health. Every line printed is taken from what a command reported.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const started = Date.now();

const bootstrap = spawnSync(process.execPath, [join(root, 'scripts/bootstrap.mjs')], {
  cwd: root,
  stdio: 'inherit',
});
if (bootstrap.status !== 0) process.exit(bootstrap.status ?? 1);

const color = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
const count = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const size = (bytes) =>
  bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

// The quickstart is about the embedded server, whatever database this shell is set up for.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => !/^(PG[A-Z]+|DATABASE_URL|BK_DB_URL)$/.test(key)),
);

console.log(`\n${paint(1, 'bk-db quickstart')}\n`);
const work = join(root, '.quickstart');
let failed = false;
try {
  main();
} catch (error) {
  failed = true;
  console.error(`\n${paint(31, 'quickstart failed:')} ${error.message}`);
} finally {
  spawnSync(process.execPath, [join(root, 'bin/run.js'), 'server', 'stop', '--quiet'], { cwd: root, env });
}
process.exitCode = failed ? 1 : 0;

function main() {
  const server = step(
    'server',
    ['server', 'start'],
    (data) => `PostgreSQL ${data.version} on a private socket, no TCP port`,
  );
  step('init', ['init', '--seed-level', 'demo'], ({ database, created, migrations, seed }) => {
    const applied = migrations.applied.length;
    return [
      `database "${database}" ${created ? 'created' : 'found'}`,
      applied === 0 ? `schema up to date at ${migrations.toVersion}` : `${count(applied)} migrations applied`,
      seed.total.inserted === 0
        ? `${count(seed.total.unchanged)} demo rows in place`
        : `${count(seed.total.inserted)} demo rows seeded`,
    ].join(', ');
  });
  const backup = step('backup', ['backup', '--dir', work, '--label', 'quickstart'], (data) => {
    return `${data.id}: ${count(data.totals.tables)} tables, ${count(data.totals.rows)} rows, ${size(data.totals.sizeBytes)}, read back and hashed`;
  });
  const copy = `quickstart_${backup.id.replaceAll(/[^0-9A-Za-z]/g, '_').toLowerCase()}`;
  try {
    step('restore', ['restore', backup.id, '--dir', work, '--into', copy], ({ proof }) => {
      const compared = `${count(proof.tables)} tables, ${count(proof.rows)} rows and ${count(proof.sequences)} sequences`;
      return `into a new database: ${compared} compared by SHA-256, ${count(proof.mismatches.length)} differences`;
    });
  } finally {
    dropCopy(copy);
  }
  step('health', ['health'], (data) => `${data.verdict.status}: ${data.verdict.summary}`);
  console.log(`
${paint(32, 'Proved:')} what was backed up came back equal, in ${seconds(Date.now() - started)} all told.

The server is stopped and its data kept in ${server.directory}.
Backups are in ${work}. Next:

  node bin/run.js --help
  node bin/run.js backup list --dir .quickstart
  node bin/run.js health
  DATABASE_URL=postgresql://you@host/db node bin/run.js health    your own database
  node bin/run.js server destroy --yes                             forget the embedded server
`);
}

/** Runs a command with --json, prints a line made of its result, returns the result. */
function step(name, args, describe) {
  const begin = Date.now();
  const result = spawnSync(process.execPath, [join(root, 'bin/run.js'), ...args, '--json'], {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const answer = parse(result.stdout);
  if (answer?.ok !== true) {
    const error = answer?.error;
    throw new Error(
      `bk-db ${args.join(' ')}: ${error?.message ?? (result.stderr.trim() || `status ${result.status}`)}${error?.hint ? `\n${error.hint}` : ''}`,
    );
  }
  console.log(
    `  ${paint(32, '✓')} ${name.padEnd(8)} ${describe(answer.data)} ${paint(2, seconds(Date.now() - begin))}`,
  );
  return answer.data;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The proof is made; a copy for each run would only pile up. */
function dropCopy(name) {
  const script = `import { loadConfig, withDatabase } from ${JSON.stringify(join(root, 'dist/library/index.js'))};
    const config = await loadConfig({ flags: { url: { text: process.argv[1], flag: 'url' } }, env: {}, cwd: '.' });
    await withDatabase({ ...config.target, database: 'postgres' }, {}, ({ sql }) => sql.unsafe('drop database if exists "${name}"'));`;
  const url = spawnSync(process.execPath, [join(root, 'bin/run.js'), 'server', 'url'], {
    cwd: root,
    env,
    encoding: 'utf8',
  }).stdout.trim();
  spawnSync(process.execPath, ['--input-type=module', '-e', script, url], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
}
