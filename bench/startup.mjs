// Start-up cost: CPU time of bk-db's commands as ratios to `node -e 0`, interleaved in one run, medians.
// Then the files each command loads. Run: npm run bench:startup [-- --rounds 15]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from './embedded.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'bin/run.js');
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 15;
const { home, env, destroy } = startEmbedded();

/** The ratio that each command may cost at most. */
const SUBJECTS = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'bk-db --version', args: [bin, '--version'], limit: 1.4 },
  { name: 'bk-db --help', args: [bin, '--help'], limit: 2.8 },
  { name: 'bk-db config --json', args: [bin, 'config', '--json'], limit: 3.0 },
  { name: 'bk-db migrate status', args: [bin, 'migrate', 'status'], limit: 3.3 },
];

try {
  report(measure());
} finally {
  destroy();
}

function measure() {
  const samples = new Map(SUBJECTS.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, args } of SUBJECTS) {
      const ms = cpuMs(args);
      if (round >= 0) samples.get(name).push(ms); // the first round warms the caches
    }
  }
  return samples;
}

/** User and system time of the process in ms, as bash's `time` gives it. */
function cpuMs(args) {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>/dev/null';
  const result = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...args], {
    cwd: home,
    env,
    encoding: 'utf8',
  });
  const [user, system] = result.stderr.trim().split(' ').map(Number);
  if (result.status !== 0 || !Number.isFinite(user + system))
    throw new Error(`${args.join(' ')} failed: ${result.stderr}`);
  return (user + system) * 1000;
}

function report(samples) {
  const base = median(samples.get('node -e 0'));
  console.log(`node ${process.versions.node}, ${rounds} rounds, CPU time, median\n`);
  for (const { name, args, limit } of SUBJECTS) {
    const ms = median(samples.get(name));
    const ratio = ms / base;
    const verdict =
      limit === undefined ? '' : ratio <= limit ? `  <= ${limit}  ok` : `  >  ${limit}  TOO SLOW`;
    if (limit !== undefined && ratio > limit) process.exitCode = 1;
    console.log(
      `${name.padEnd(22)} ${ms.toFixed(0).padStart(5)} ms ${ratio.toFixed(2).padStart(6)}x${verdict}`,
    );
    if (limit !== undefined)
      console.log(
        loadedFiles(args)
          .map((file) => `    ${file}`)
          .join('\n'),
      );
  }
}

/** The files a command loads, as V8's coverage lists them. */
function loadedFiles(args) {
  const directory = mkdtempSync(join(home, 'coverage-'));
  spawnSync(process.execPath, args, { cwd: home, env: { ...env, NODE_V8_COVERAGE: directory } });
  const urls = readdirSync(directory).flatMap((file) =>
    JSON.parse(readFileSync(join(directory, file), 'utf8')).result.map(({ url }) => url),
  );
  return [...new Set(urls)]
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url).replace(root, '.'))
    .sort();
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
