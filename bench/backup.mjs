// What `backup` costs beside raw pg_dump: CPU time of the whole process tree and of the server, taken in turns in one run, medians,
// as ratios; then archive sizes, the fixed cost on an empty database, and Node's peak memory.
// Run: npm run bench:backup [-- --mb 300 --rounds 3]
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBenchDatabase } from './bench-database.mjs';
import { startEmbedded } from './embedded.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const argument = (name, otherwise) => Number(process.argv[process.argv.indexOf(name) + 1]) || otherwise;
const megabytes = argument('--mb', 300);
const rounds = argument('--rounds', 3);

/** Subject, what it is compared with, and the limit of the ratio of CPU times. */
const LIMITS = [
  { subject: 'bk-db backup', peer: 'pg_dump -Fd -j2 -Z1', limit: 1.3 },
  { subject: 'bk-db backup', peer: 'pg_dump -Fc', limit: 0.65 },
  { subject: 'bk-db backup --no-fingerprint', peer: 'pg_dump -Fd -j2 -Z1', limit: 1.08 },
];
const EMPTY_LIMIT_SECONDS = 0.8;
const MEMORY_LIMIT_MB = 140;
const SIZE_LIMIT = 1.02;

const server = startEmbedded();
const out = join(server.home, 'out');
const memoryFile = join(server.home, 'memory');
const preload = `process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(memoryFile)}, String(process.resourceUsage().maxRSS)))`;
const nodeOptions = `--import "data:text/javascript,${encodeURIComponent(`import{createRequire}from"node:module";const require=createRequire("/");${preload}`)}"`;

function commands(url) {
  const dump = [server.program('pg_dump'), '--dbname', url, '--no-sync', '--file', out];
  const backup = [process.execPath, bin, 'backup', '--url', url, '--dir', out, '--jobs', '2', '--quiet'];
  return {
    'pg_dump -Fd -j2 -Z1': [...dump, '-Fd', '-j2', '-Z1'],
    'pg_dump -Fc': [...dump, '-Fc'],
    'bk-db backup': backup,
    'bk-db backup --no-fingerprint': [...backup, '--no-fingerprint'],
  };
}

/** Runs a command; CPU seconds of it and its children, of the server meanwhile, and the wall clock's. */
function run(command) {
  rmSync(out, { recursive: true, force: true });
  const before = server.cpuSeconds();
  const result = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S %R"; time "$@" 2>&1', 'bash', ...command], {
    cwd: server.home,
    env: { ...server.env, NODE_OPTIONS: command[0] === process.execPath ? nodeOptions : '' },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`${command.join(' ')} failed:\n${result.stdout}${result.stderr}`);
  const [user, system, wall] = result.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { client: user + system, server: server.cpuSeconds() - before, wall, bytes: sizeOf(out) };
}

function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((total, name) => total + sizeOf(join(path, name)), 0);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function measure(subjects) {
  const runs = new Map(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, command] of Object.entries(subjects)) {
      const result = { ...run(command), memory: 0 };
      if (name.startsWith('bk-db')) result.memory = Number(readFileSync(memoryFile, 'utf8')) / 1024;
      if (round >= 0) runs.get(name).push(result); // the first round warms the caches
    }
  }
  const figures = ['client', 'server', 'wall', 'bytes', 'memory'];
  return new Map(
    [...runs].map(([name, list]) => [
      name,
      Object.fromEntries(figures.map((figure) => [figure, median(list.map((one) => one[figure]))])),
    ]),
  );
}

function verdict(text, value, limit) {
  if (value > limit) process.exitCode = 1;
  console.log(
    `${text.padEnd(66)} ${value.toFixed(2).padStart(6)}  <= ${limit}  ${value > limit ? 'TOO MUCH' : 'ok'}`,
  );
}

try {
  const full = createBenchDatabase(server, 'bench', megabytes);
  const results = measure(commands(full));
  const empty = run(commands(createBenchDatabase(server, 'empty', 0))['bk-db backup']);
  console.log(`node ${process.versions.node}, ${megabytes} MB of COPY text, ${rounds} rounds, medians\n`);
  for (const [name, { client, server: served, wall, bytes, memory }] of results) {
    const figures = `client ${client.toFixed(2)} s  server ${served.toFixed(2)} s  wall ${wall.toFixed(2)} s  ${(bytes / 1e6).toFixed(1)} MB`;
    console.log(`${name.padEnd(32)} ${figures}${memory > 0 ? `  node ${memory.toFixed(0)} MB` : ''}`);
  }
  console.log();
  const cpu = (name) => results.get(name).client + results.get(name).server;
  for (const { subject, peer, limit } of LIMITS)
    verdict(`CPU of ${subject} / ${peer}`, cpu(subject) / cpu(peer), limit);
  const [raw, ours] = [results.get('pg_dump -Fd -j2 -Z1'), results.get('bk-db backup')];
  verdict('size of bk-db backup / pg_dump -Fd -j2 -Z1', ours.bytes / raw.bytes, SIZE_LIMIT);
  verdict('peak memory of Node, MB', ours.memory, MEMORY_LIMIT_MB);
  verdict('an empty database, CPU seconds with the server', empty.client + empty.server, EMPTY_LIMIT_SECONDS);
} finally {
  server.destroy();
}
