// What `restore` costs beside raw pg_restore of the same archive: wall clock and CPU time of the process tree and the
// server, taken in turns in one run, medians; then how long clients are without their database when --replace and --undo
// exchange two. Run: npm run bench:restore [-- --mb 500 --rounds 3]
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'bk-db';
import { createBenchDatabase } from './bench-database.mjs';
import { startEmbedded } from './embedded.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const argument = (name, otherwise) => Number(process.argv[process.argv.indexOf(name) + 1]) || otherwise;
const megabytes = argument('--mb', 500);
const rounds = argument('--rounds', 3);
const CLIENTS = 10;

const RATIO_LIMIT = 1.1;
/** What reading the archive before, and the database afterwards, may cost. */
const PROOF_SECONDS_PER_GB = 9;
const OUTAGE_LIMIT_MS = 500;

const server = startEmbedded();
const store = join(server.home, 'store');

function shell(command, input) {
  const result = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S %R"; time "$@" 2>&1', 'bash', ...command], {
    cwd: server.home,
    env: server.env,
    encoding: 'utf8',
    input,
  });
  if (result.status !== 0) throw new Error(`${command.join(' ')} failed:\n${result.stdout}${result.stderr}`);
  return { timing: result.stderr.trim().split('\n').at(-1), output: result.stdout };
}

const bkDb = (...args) => [process.execPath, bin, ...args, '--dir', store, '--quiet'];
const psql = (sql) => shell([server.program('psql'), '-Xqd', server.url, '-c', sql]);
const urlOf = (name) => server.url.replace(/(\/\/[^/]*\/)[^?]*/, `$1${name}`);

function run(command) {
  psql('drop database if exists restored with (force)');
  psql('checkpoint');
  const before = server.cpuSeconds();
  const [user, system, wall] = shell(command).timing.split(' ').map(Number);
  return { cpu: user + system + server.cpuSeconds() - before, wall };
}

function measure(subjects) {
  const runs = new Map(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++)
    for (const [name, command] of Object.entries(subjects)) {
      const result = run(command);
      if (round >= 0) runs.get(name).push(result); // the first round warms the caches
    }
  const median = (list, figure) =>
    list.map((one) => one[figure]).sort((a, b) => a - b)[Math.floor(list.length / 2)];
  return new Map(
    [...runs].map(([name, list]) => [name, { cpu: median(list, 'cpu'), wall: median(list, 'wall') }]),
  );
}

/** The longest time in ms that any of the clients, which reconnect at once, got no answer while the command ran. */
async function outage(name, command) {
  const state = { stop: false, worst: 0 };
  const clients = Array.from({ length: CLIENTS }, async () => {
    let last = performance.now();
    while (!state.stop) {
      const database = await connect({ url: urlOf(name) }).catch(() => undefined);
      try {
        while (!state.stop && database !== undefined) {
          await database.sql`select 1`;
          state.worst = Math.max(state.worst, performance.now() - last);
          last = performance.now();
          await sleep(2);
        }
      } catch {
        await sleep(2);
      } finally {
        await database?.close();
      }
    }
  });
  await sleep(300);
  state.worst = 0;
  const child = spawn(command[0], command.slice(1), { cwd: server.home, env: server.env, stdio: 'ignore' });
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`);
  await sleep(300);
  state.stop = true;
  await Promise.all(clients);
  return state.worst;
}

function verdict(text, value, limit) {
  if (value > limit) process.exitCode = 1;
  console.log(
    `${text.padEnd(66)} ${value.toFixed(2).padStart(7)}  <= ${limit}  ${value > limit ? 'TOO MUCH' : 'ok'}`,
  );
}

try {
  const url = createBenchDatabase(server, 'bench', megabytes);
  shell(bkDb('backup', '--url', url, '--jobs', '2'));
  const set = join(store, 'bench');
  const archive = join(
    set,
    readdirSync(set).find((name) => !name.startsWith('.')),
    'dump',
  );
  const restore = bkDb('restore', 'latest', '--url', url, '--into', 'restored', '--jobs', '2');
  const analyze = `${server.program('pg_restore')} -j2 -e -d ${JSON.stringify(urlOf('restored'))} ${archive} && ${server.program('psql')} -Xqd ${JSON.stringify(urlOf('restored'))} -c analyze`;
  const raw = [
    'bash',
    '-c',
    `${server.program('psql')} -Xqd ${JSON.stringify(server.url)} -c 'create database restored' && ${analyze}`,
  ];
  const results = measure({
    'pg_restore -j2 -e, analyze': raw,
    'bk-db restore --no-verify': [...restore, '--no-verify'],
    'bk-db restore': restore,
  });
  console.log(`node ${process.versions.node}, ${megabytes} MB of COPY text, ${rounds} rounds, medians\n`);
  for (const [name, { cpu, wall }] of results)
    console.log(`${name.padEnd(32)} CPU ${cpu.toFixed(2)} s  wall ${wall.toFixed(2)} s`);
  const [peer, plain, proved] = [...results.values()];
  const proof = (PROOF_SECONDS_PER_GB * megabytes) / 1000;
  console.log(
    `\nwithout the proof, with the archive read first: CPU ${(plain.cpu / peer.cpu).toFixed(2)}x, wall ${(plain.wall / peer.wall).toFixed(2)}x`,
  );
  verdict(
    `(CPU of restore - ${PROOF_SECONDS_PER_GB} s/GB) / pg_restore`,
    (proved.cpu - proof) / peer.cpu,
    RATIO_LIMIT,
  );
  verdict(
    `(wall of restore - ${PROOF_SECONDS_PER_GB} s/GB) / pg_restore`,
    (proved.wall - proof) / peer.wall,
    RATIO_LIMIT,
  );
  const small = createBenchDatabase(server, 'live', 5);
  shell(bkDb('backup', '--url', small));
  verdict(
    `outage of --replace, ms, ${CLIENTS} clients`,
    await outage('live', bkDb('restore', 'latest', '--replace', '--yes', '--url', small)),
    OUTAGE_LIMIT_MS,
  );
  verdict(
    `outage of --undo, ms, ${CLIENTS} clients`,
    await outage('live', bkDb('restore', '--undo', '--yes', '--url', small)),
    OUTAGE_LIMIT_MS,
  );
} finally {
  server.destroy();
}
