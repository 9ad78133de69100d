// `migrate` beside node-pg-migrate and dbmate: wall clock, taken in turns in one run; then 1,000 files, readers of a table that a
// migration waits for, lint and verify. The peers are fetched for the run. Run: npm run bench:migrate [-- --rounds 11]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'bk-db';
import { startEmbedded } from './embedded.mjs';
import { statistic, takeTurns } from './measure.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 11;
const PEERS = ['node-pg-migrate@9.0.0', 'pg@8.23.1', 'dbmate@2.36.0'];
const LOCK_TIMEOUT_MS = 300;

const server = startEmbedded();

/** The same hundred (or thousand) small migrations in each tool's layout. */
function writeFolders(count) {
  const folders = {
    pairs: `pairs${count}`,
    dbmate: `dbmate${count}`,
    nodePgMigrate: `node-pg-migrate${count}`,
  };
  for (const folder of Object.values(folders)) mkdirSync(join(server.home, folder));
  const write = (folder, name, text) => writeFileSync(join(server.home, folder, name), text);
  for (let n = 1; n <= count; n++) {
    const up = `create table t${n} (id bigint generated always as identity primary key, name text not null, at timestamptz default now());\ncreate index on t${n} (name);\n`;
    const down = `drop table t${n};\n`;
    const version = String(n).padStart(4, '0');
    write(folders.pairs, `${version}_t.up.sql`, up);
    write(folders.pairs, `${version}_t.down.sql`, down);
    write(folders.dbmate, `2026010100${version}_t.sql`, `-- migrate:up\n${up}\n-- migrate:down\n${down}`);
    write(
      folders.nodePgMigrate,
      `17000000${version}0_t.sql`,
      `-- Up Migration\n${up}\n-- Down Migration\n${down}`,
    );
  }
  return folders;
}

function fetchPeers() {
  writeFileSync(join(server.home, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...PEERS], {
    cwd: server.home,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    nodePgMigrate: join(server.home, 'node_modules/node-pg-migrate/bin/node-pg-migrate.js'),
    dbmate: join(server.home, `node_modules/@dbmate/linux-${process.arch}/bin/dbmate`),
  };
}

const urlOf = (name) => server.url.replace(/(\/\/[^/]*\/)[^?]*/, `$1${name}`);
/** The peers know neither libpq's password files nor sockets in the query of every client. */
const plainUrlOf = (name) => plainUrl(urlOf(name));

function execute(name, command, args, url) {
  const env = { ...server.env, DATABASE_URL: url };
  const result = spawnSync(command, args, { cwd: server.home, env, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${name} failed:\n${result.stdout}${result.stderr}`);
}

function psql(sql, name) {
  execute(
    'psql',
    server.program('psql'),
    ['-Xqd', name === undefined ? server.url : urlOf(name), '-c', sql],
    '',
  );
}

function fresh(name) {
  psql(`drop database if exists ${name} with (force)`);
  psql(`create database ${name}`);
}

/** Reads the table again and again while a migration waits for it; the longest that one read took. */
async function longestRead(url) {
  const folder = join(server.home, 'alter');
  mkdirSync(folder);
  writeFileSync(join(folder, '0001_a.up.sql'), 'alter table busy add column more int;\n');
  psql('create table busy (id int)', 'stalls');
  const [reader, blocker] = await Promise.all([connect({ url }), connect({ url })]);
  const blocked = blocker.sql.begin(async (sql) => {
    await sql`select from busy`;
    await sleep(5_000);
  });
  await sleep(100);
  const args = [
    bin,
    'migrate',
    '--migrations-dir',
    folder,
    '--lock-timeout',
    `${LOCK_TIMEOUT_MS}ms`,
    '--quiet',
  ];
  const child = spawn(process.execPath, args, { env: { ...server.env, DATABASE_URL: url } });
  let status;
  child.on('exit', (code) => (status = code));
  let longest = 0;
  while (status === undefined) {
    const begun = performance.now();
    await reader.sql`select count(*) from busy`;
    longest = Math.max(longest, performance.now() - begun);
    await sleep(5);
  }
  await blocked;
  await Promise.all([reader.close(), blocker.close()]);
  if (status !== 0) throw new Error(`the blocked migration ended with ${status}`);
  return longest;
}

function timeOf(work) {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

function line(name, value, limit, unit = 'x') {
  const verdict = limit === undefined ? '' : value <= limit ? `  <= ${limit}  ok` : `  >  ${limit}  MISSED`;
  if (limit !== undefined && value > limit) process.exitCode = 1;
  console.log(`${name.padEnd(58)} ${value.toFixed(unit === 'x' ? 2 : 0).padStart(6)} ${unit}${verdict}`);
}

function plainUrl(text) {
  const url = new URL(text.replace('@/', '@localhost/'));
  const [host, passfile] = ['host', 'passfile'].map((name) => url.searchParams.get(name));
  const password = readFileSync(passfile, 'utf8').trim().split(':').at(-1);
  return `postgres://${url.username}:${password}@${url.pathname}?host=${host}&port=${url.searchParams.get('port')}&sslmode=disable`;
}

const BK_DB = (folder, ...args) => [
  process.execPath,
  [bin, 'migrate', ...args, '--migrations-dir', folder, '--quiet'],
];

try {
  const peers = fetchPeers();
  const [folders, many] = [writeFolders(100), writeFolders(1000)];
  const dbmate = (database, ...args) => [
    peers.dbmate,
    ['--url', plainUrlOf(database), '--migrations-dir', folders.dbmate, ...args],
  ];
  const nodePgMigrate = () => [process.execPath, [peers.nodePgMigrate, 'up', '-m', folders.nodePgMigrate]];

  for (const name of ['own', 'bk1000', 'npm', 'mate', 'stalls']) fresh(name);
  const noOp = {
    'node -e 0': () => execute('node', process.execPath, ['-e', '0'], ''),
    'bk-db migrate': () => execute('bk-db', ...BK_DB(folders.pairs), urlOf('own')),
    'bk-db migrate, 1,000 files': () => execute('bk-db', ...BK_DB(many.pairs), urlOf('bk1000')),
    'node-pg-migrate up': () => execute('node-pg-migrate', ...nodePgMigrate(), plainUrlOf('npm')),
    'dbmate up': () => execute('dbmate', ...dbmate('mate', 'up'), ''),
    'dbmate --no-dump-schema up': () => execute('dbmate', ...dbmate('mate', '--no-dump-schema', 'up'), ''),
  };
  const idle = await takeTurns(noOp, { rounds });
  console.log(`nothing to do, ${rounds} rounds, ${statistic}\n`);
  for (const [name, ms] of Object.entries(idle)) line(name, ms, undefined, 'ms');
  const own = idle['bk-db migrate'];
  line('bk-db / node -e 0', own / idle['node -e 0'], 2.5);
  line('bk-db / node-pg-migrate', own / idle['node-pg-migrate up'], 0.6);
  line('bk-db / dbmate up', own / idle['dbmate up'], 1);
  line('1,000 files / 100 files', idle['bk-db migrate, 1,000 files'] / own, 1.4);

  const apply = {
    'bk-db migrate': () => execute('bk-db', ...BK_DB(folders.pairs), urlOf('own')),
    'node-pg-migrate up': () => execute('node-pg-migrate', ...nodePgMigrate(), plainUrlOf('own')),
    'dbmate --no-dump-schema up': () => execute('dbmate', ...dbmate('own', '--no-dump-schema', 'up'), ''),
  };
  const applied = await takeTurns(apply, { rounds, prepare: () => fresh('own') });
  console.log(`\n100 migrations from scratch\n`);
  for (const [name, ms] of Object.entries(applied)) line(name, ms, undefined, 'ms');
  line(
    'bk-db / dbmate --no-dump-schema',
    applied['bk-db migrate'] / applied['dbmate --no-dump-schema up'],
    1.1,
  );
  line('bk-db / node-pg-migrate', applied['bk-db migrate'] / applied['node-pg-migrate up'], 0.75);

  console.log('');
  const stall = await longestRead(urlOf('stalls'));
  line(
    `longest read behind a blocked ALTER, --lock-timeout ${LOCK_TIMEOUT_MS}ms`,
    stall,
    LOCK_TIMEOUT_MS + 150,
    'ms',
  );
  line(
    'lint of 100 files',
    timeOf(() => execute('lint', ...BK_DB(folders.pairs, 'lint'), '')),
    1_000,
    'ms',
  );
  fresh('own');
  line(
    'verify of 100 files',
    timeOf(() => execute('verify', ...BK_DB(folders.pairs, 'verify'), urlOf('own'))),
    30_000,
    'ms',
  );
} finally {
  server.destroy();
}
