// What looking costs, on an embedded server with 1,000 tables and 50 sessions: statements and server CPU for each look of
// `health --watch` beside pg_activity at the same rate (Debian's package pg-activity), one-shot health on 1,000 tables and on 4, bytes, CPU
// and memory of the live screen, scrapes of `metrics serve`. Needs tmux, pg_activity, promtool and pg_stat_statements.
// Run: npm run bench:health [-- --seconds 60]
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, URLSearchParams } from 'node:url';
import postgres from 'postgres';
import { startEmbedded } from './embedded.mjs';

const bin = join(dirname(fileURLToPath(import.meta.url)), '../bin/run.js');
const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 60;
const SESSIONS = 50;
const TABLES = 1_000;
const PORT = 19_187;
const PASSWORD = 'bench';
const ROLES = { bkDb: 'bench_bk_db', pgActivity: 'bench_pg_activity' };
const socket = `bk-db-bench-${process.pid}`;
const server = startEmbedded();
const psqlProgram = server.program('psql');
const sessions = [];
/** Rows of pg_stat_statements by role, as they were at the end of its phase. */
const saved = new Map();

try {
  const place = prepare();
  await report(place);
} finally {
  spawnSync('tmux', ['-L', socket, 'kill-server']);
  await Promise.all(sessions.map((sql) => sql.end({ timeout: 0 })));
  server.destroy();
}

/** Restarts the server with pg_stat_statements, and makes roles and databases. */
function prepare() {
  psql(
    server.url,
    'alter system set shared_preload_libraries = pg_stat_statements; alter system set max_connections = 120; alter system set autovacuum = off',
  );
  bkDb(['server', 'stop'], server.env);
  bkDb(['server', 'start'], server.env);
  const { pid } = JSON.parse(bkDb(['server', 'status', '--json'], server.env)).data;
  psql(server.url, 'create extension pg_stat_statements schema public');
  for (const role of Object.values(ROLES))
    psql(server.url, `create role ${role} superuser login password '${PASSWORD}'`);
  const query = new URLSearchParams(server.url.split('?')[1]);
  const connection = { PGHOST: query.get('host'), PGPORT: query.get('port') ?? '5432', PGPASSWORD: PASSWORD };
  for (const [name, tables] of [
    ['few', 4],
    ['many', TABLES],
  ]) {
    psql(server.url, `create database ${name} template template0`);
    psql(
      urlOf(name),
      `do $$ begin for i in 1..${tables} loop
         execute format('create table t%s (id serial primary key, parent int, name text)', i);
         execute format('create index on t%s (parent)', i);
         execute format('insert into t%s select n, n, n::text from generate_series(1, 20) n', i);
       end loop; end $$; analyze`,
    );
  }
  return { pid, connection };
}

async function report({ pid, connection }) {
  openSessions(connection);
  await sleep(2_000);
  console.log(`${TABLES} tables, ${SESSIONS} idle sessions, phases of ${seconds} s\n`);
  await compareWatchers(pid, connection);
  compareOneShots(connection);
  await measureScreen(connection);
  await measureScrapes(connection);
}

/** Statements and CPU of the whole server, for each refresh at one a second. What an idle server uses is taken off. */
async function compareWatchers(pid, connection) {
  const idle = await cpuOfPhase(pid, async () => undefined);
  const watch = environmentOf(connection, ROLES.bkDb, 'many');
  const ours = await cpuOfPhase(pid, () =>
    openTerminal(watch, `${process.execPath} ${bin} health --watch --every 1s`),
  );
  const peer = environmentOf(connection, ROLES.pgActivity, 'many');
  const theirs = await cpuOfPhase(pid, () =>
    openTerminal(
      peer,
      `pg_activity -h ${connection.PGHOST} -p ${connection.PGPORT} -U ${ROLES.pgActivity} -d many --refresh 1`,
    ),
  );
  const perRefresh = (phase) => ((phase.cpu - idle.cpu) / seconds) * 1_000;
  const fast = statementsOf(ROLES.bkDb, true);
  const all = statementsOf(ROLES.bkDb, false);
  const peers = statementsOf(ROLES.pgActivity, false);
  console.log('live screen, one look a second        bk-db   pg_activity');
  line('statements for each look, fast', fast.calls / fast.looks, '', 10);
  line('statements for each look, all', all.calls / fast.looks, (peers.calls / seconds).toFixed(1));
  line('execution for each look, all (ms)', all.ms / fast.looks, (peers.ms / seconds).toFixed(1));
  line('server CPU for each look (ms)', perRefresh(ours), perRefresh(theirs).toFixed(1), 6);
  line('  as a ratio to pg_activity', perRefresh(ours) / perRefresh(theirs), '', 0.5);
}

async function cpuOfPhase(pid, start) {
  await start();
  await sleep(8_000);
  psql(server.url, 'select pg_stat_statements_reset()');
  const before = serverCpu(pid);
  await sleep(seconds * 1_000);
  const cpu = serverCpu(pid) - before;
  saveStatements();
  spawnSync('tmux', ['-L', socket, 'kill-server']);
  await sleep(1_500);
  return { cpu };
}

function saveStatements() {
  const rows = psql(
    server.url,
    `select r.rolname, s.calls, s.total_exec_time, s.query from pg_stat_statements s join pg_roles r on r.oid = s.userid
      where r.rolname like 'bench_%'`,
    ['--csv', '--tuples-only'],
  );
  for (const role of Object.values(ROLES))
    if (rows.includes(role))
      saved.set(
        role,
        parseCsv(rows).filter(([name]) => name === role),
      );
}

/** The statements of the connection that stays are those that ran about as often as it began a transaction. */
function statementsOf(role, isFast) {
  const rows = (saved.get(role) ?? []).map(([, calls, ms, query]) => ({
    calls: Number(calls),
    ms: Number(ms),
    query,
  }));
  const activity = rows.find(
    ({ query }) => query.includes('pg_stat_activity') && query.includes('backend_xmin'),
  );
  const looks = activity?.calls ?? 0;
  const counted = isFast ? rows.filter(({ calls }) => calls >= looks * 0.9) : rows;
  const once = (calls) => (isFast ? Math.min(calls, looks) : calls);
  return {
    looks,
    calls: counted.reduce((sum, { calls }) => sum + once(calls), 0),
    ms: counted.reduce((sum, { ms }) => sum + ms, 0),
  };
}

function compareOneShots(connection) {
  const times = { few: [], many: [], fewFast: [], manyFast: [] };
  for (let round = 0; round < 11; round++) {
    for (const name of ['few', 'many']) {
      const env = environmentOf(connection, ROLES.bkDb, name);
      const start = performance.now();
      bkDb(['health', '--fail-on', 'never', '--json'], env);
      times[name].push(performance.now() - start);
      const fast = JSON.parse(
        bkDb(
          ['health', '--only', 'conn.used,lock.blocked,repl.slots,cache.hit', '--fail-on', 'never', '--json'],
          env,
        ),
      );
      times[`${name}Fast`].push(fast.data.durationMs);
    }
  }
  console.log('\none shot, median of 11');
  line('health on 1,000 tables (ms, whole command)', median(times.many), '', 500);
  line('health on 4 tables (ms, whole command)', median(times.few));
  line('fast checks alone, 1,000 to 4 tables', median(times.manyFast) / median(times.fewFast), '', 1.5);
}

/** A screen of 160 x 45 that looks every half second, on the tab of activity. */
async function measureScreen(connection) {
  const log = join(server.home, 'screen.bytes');
  const env = environmentOf(connection, ROLES.bkDb, 'many');
  openTerminal(env, `${process.execPath} ${bin} health --watch --every 500ms`);
  await sleep(8_000);
  const pane = tmux('display', '-p', '-t', 'w', '#{pane_pid}').trim();
  const node = Number(spawnSync('pgrep', ['-P', pane, 'node'], { encoding: 'utf8' }).stdout.trim());
  tmux('pipe-pane', '-t', 'w', `cat > ${log}`);
  const cpuBefore = processCpu(node);
  const memoryBefore = memoryOf(node);
  await sleep(seconds * 1_000);
  const cpu = processCpu(node) - cpuBefore;
  const memory = memoryOf(node);
  const bytes = readFileSync(log);
  const frames = bytes.toString('latin1').split('\u001b[?2026h').length - 1;
  const first = bytes.toString('latin1').includes('\u001b[3J');
  rmSync(log);
  console.log(`\nlive screen of 160 x 45, a look every half second, ${frames} frames`);
  line('bytes of a frame', bytes.length / frames, '', 2_000);
  line('CPU of a frame (ms, looks included)', (cpu * 1_000) / frames, '', 60);
  line('resident memory (MB)', memory, '', 150);
  line('  more than at the beginning (MB)', memory - memoryBefore, '', 5);
  line('wipes of the scrollback', Number(first), '', 0);
  spawnSync('tmux', ['-L', socket, 'kill-server']);
  openTerminal(env, `${process.execPath} ${bin} health --watch`);
  await sleep(8_000);
  const usual = Number(
    spawnSync('pgrep', ['-P', tmux('display', '-p', '-t', 'w', '#{pane_pid}').trim(), 'node'], {
      encoding: 'utf8',
    }).stdout.trim(),
  );
  const before = processCpu(usual);
  await sleep(seconds * 1_000);
  line('CPU at the usual rate (% of a core)', ((processCpu(usual) - before) / seconds) * 100, '', 3);
  spawnSync('tmux', ['-L', socket, 'kill-server']);
}

/** Scrapes further apart than an answer is kept, so that each one looks at the server. */
async function measureScrapes(connection) {
  const env = environmentOf(connection, ROLES.bkDb, 'many');
  const serving = spawn(process.execPath, [bin, 'metrics', 'serve', '--listen', `127.0.0.1:${PORT}`], {
    env,
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${PORT}/metrics`;
  try {
    let text = '';
    while (text === '')
      text = await globalThis.fetch(url).then(
        (response) => response.text(),
        () => sleep(200, ''),
      );
    const times = [];
    for (let scrape = 0; scrape < 40; scrape++) {
      await sleep(1_100);
      const start = performance.now();
      text = await (await globalThis.fetch(url)).text();
      times.push(performance.now() - start);
    }
    const lint = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    console.log('\nmetrics serve on 1,000 tables, 40 scrapes that each look anew');
    line('scrape, 95th percentile (ms)', quantile(times, 0.95), '', 100);
    line('series', text.split('\n').filter((row) => row !== '' && !row.startsWith('#')).length, '', 300);
    line(
      'complaints of promtool',
      lint.status === 0 ? 0 : `${lint.stdout}${lint.stderr}`.trim().split('\n').length,
      '',
      0,
    );
  } finally {
    serving.kill();
  }
}

function line(name, value, peer = '', limit = undefined) {
  const verdict = limit === undefined ? '' : value <= limit ? `  <= ${limit}  ok` : `  >  ${limit}  TOO MUCH`;
  if (limit !== undefined && !(value <= limit)) process.exitCode = 1;
  console.log(`${name.padEnd(40)} ${value.toFixed(2).padStart(9)} ${String(peer).padStart(8)}${verdict}`);
}

function environmentOf(connection, user, database) {
  const env = {
    ...server.env,
    ...connection,
    PGUSER: user,
    PGDATABASE: database,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
  };
  return env;
}

function openTerminal(env, command) {
  const session = ['-f', '/dev/null', 'new-session', '-d', '-s', 'w', '-x', '160', '-y', '45', 'sh'];
  spawnSync('tmux', ['-L', socket, ...session], { env });
  tmux('send-keys', '-t', 'w', command, 'Enter');
}

function tmux(...args) {
  return spawnSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' }).stdout;
}

function openSessions({ PGHOST, PGPORT }) {
  const sql = postgres({
    host: PGHOST,
    port: Number(PGPORT),
    user: ROLES.pgActivity,
    database: 'few',
    password: PASSWORD,
    max: SESSIONS,
    onnotice: () => undefined,
  });
  sessions.push(sql);
  for (let session = 0; session < SESSIONS; session++) void sql`select pg_sleep(0.5)`;
}

function urlOf(database) {
  return server.url.replace(/(\/\/[^/]*\/)[^?]*/, `$1${database}`);
}

function psql(url, script, flags = []) {
  const result = spawnSync(
    psqlProgram,
    ['--no-psqlrc', '--quiet', '-v', 'ON_ERROR_STOP=1', ...flags, '-d', url],
    {
      input: script,
      env: server.env,
      encoding: 'utf8',
    },
  );
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout;
}

function bkDb(args, env) {
  const result = spawnSync(process.execPath, [bin, ...args], { cwd: server.home, env, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`bk-db ${args.join(' ')} failed:\n${result.stderr}`);
  return result.stdout.trim();
}

/** Enough of CSV for psql's: quoted fields may hold commas, quotes and line ends. */
function parseCsv(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows.filter((row) => row.length > 1);
}

/** The server's processes that are, and those that have ended (Linux, in hundredths of a second). */
function serverCpu(pid) {
  const children = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n');
  const ended =
    ticksOf(pid)
      .slice(0, 4)
      .reduce((sum, ticks) => sum + ticks, 0) / 100;
  return children.reduce((sum, child) => sum + processCpu(Number(child)), ended);
}

function processCpu(pid) {
  return (
    ticksOf(pid)
      .slice(0, 2)
      .reduce((sum, ticks) => sum + ticks, 0) / 100
  );
}

/** User and system time, and the same of children that have ended; zeros for a process that is gone. */
function ticksOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 15).map(Number);
  } catch {
    return [0, 0, 0, 0];
  }
}

function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

function median(values) {
  return quantile(values, 0.5);
}

function quantile(values, fraction) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * fraction)];
}
