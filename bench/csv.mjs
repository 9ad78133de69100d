// CSV in and out beside psql's \copy: wall time in turns in one run, medians, as ratios; the same file with 1 % bad rows; Node's peak
// memory; then a tenth of the file beside csvkit and pgloader, where they are installed. Run: npm run bench:csv [-- --rows 1700000 --rounds 3]
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { fileURLToPath, URLSearchParams } from 'node:url';
import { startEmbedded } from './embedded.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const argument = (name, otherwise) => Number(process.argv[process.argv.indexOf(name) + 1]) || otherwise;
const rows = argument('--rows', 1_700_000);
const rounds = argument('--rounds', 3);
const FAULTS = ['type', 'not null', 'check', 'unique', 'foreign key', 'ragged'];
const MEMORY_LIMIT_MB = 128;

const server = startEmbedded();
try {
  prepare();
  const faults = { clean: write('clean.csv', false), dirty: write('dirty.csv', true) };
  console.log(`${rows} rows, ${rounds} rounds, wall time, median\n`);
  const psql = (command) => ['psql', '-Xq', server.url, '-v', 'ON_ERROR_STOP=1', '-c', command];
  const bkDb = (...args) => [process.execPath, bin, 'csv', ...args, '--url', server.url, '--quiet'];
  const reads = {
    psql: { command: psql("\\copy bench.rows from 'clean.csv' csv header") },
    'csv import': {
      command: bkDb('import', 'clean.csv', '--table', 'bench.rows'),
      limit: 1.15,
      memory: MEMORY_LIMIT_MB,
    },
    'csv import, 1 % bad': {
      command: bkDb('import', 'dirty.csv', '--table', 'bench.rows', '--on-error', 'reject'),
      status: 4,
      limit: 2,
    },
  };
  report(
    'import',
    measure(reads, () => sql('truncate bench.rows; checkpoint')),
  );
  const got = readFileSync(join(server.home, 'dirty.csv.rejects.csv.reasons.csv'), 'utf8')
    .split('\n')
    .slice(1, -1);
  const exact =
    got.length === faults.dirty.length && got.every((line, n) => line.startsWith(`${faults.dirty[n]},`));
  if (!exact) process.exitCode = 1;
  console.log(
    `  rejected lines ${got.length}, planted ${faults.dirty.length}  ${exact ? 'the same' : 'DIFFERENT'}\n`,
  );
  comparePeers(bkDb);
  sql(`truncate bench.rows`);
  run(reads.psql);
  const writes = {
    psql: { command: psql("\\copy (select * from bench.rows order by id) to 'psql.csv' csv header") },
    'csv export': { command: bkDb('export', 'bench.rows', '-o', 'export.csv'), limit: 1.1 },
  };
  report(
    'export',
    measure(writes, () => rmSync(join(server.home, 'export.csv'), { force: true })),
  );
} finally {
  server.destroy();
}

function prepare() {
  sql(`create schema bench; create table bench.parents (id int primary key);
    insert into bench.parents select generate_series(1, 10);
    create table bench.rows (id int primary key, account text not null, amount numeric(10,2) check (amount >= 0),
      at timestamptz, note text, flag bool, doc jsonb, parent_id int references bench.parents)`);
}

/** Tools that load a CSV file into a table that exists; both are slow, so they get a tenth of it. */
function comparePeers(bkDb) {
  const tenth = readFileSync(join(server.home, 'clean.csv'), 'utf8')
    .split('\n')
    .slice(0, 1 + rows / 10);
  writeFileSync(join(server.home, 'tenth.csv'), `${tenth.join('\n')}\n`);
  const query = new URLSearchParams(server.url.split('?')[1]);
  const database = server.url.split('?')[0].split('/').at(-1);
  const socket = query.get('host');
  const password = readFileSync(query.get('passfile'), 'utf8').trim().split(':').at(-1);
  const address = `postgresql://bk:${password}@/${database}?host=${encodeURIComponent(socket)}`;
  const columns = tenth[0].split(',').join(', ');
  const target = `postgresql://bk:${password}@unix:${socket}:5432/${database}`;
  writeFileSync(
    join(server.home, 'peer.load'),
    `LOAD CSV FROM '${join(server.home, 'tenth.csv')}' (${columns}) INTO ${target} TARGET TABLE bench.rows (${columns})
     WITH skip header = 1, fields terminated by ',', fields optionally enclosed by '"';\n`,
  );
  const peers = {
    'csv import': { command: bkDb('import', 'tenth.csv', '--table', 'bench.rows') },
    csvkit: {
      command: [
        'csvsql',
        '--db',
        address,
        '--db-schema',
        'bench',
        '--tables',
        'rows',
        '--insert',
        '--no-create',
        'tenth.csv',
      ],
    },
    pgloader: { command: ['pgloader', 'peer.load'] },
  };
  console.log('a tenth of it');
  for (const [name, { command }] of Object.entries(peers)) {
    sql('truncate bench.rows');
    const result = spawnSync('sh', ['-c', `command -v ${command[0]}`]);
    if (result.status !== 0) {
      console.log(`  ${name.padEnd(20)} not installed`);
      continue;
    }
    const { seconds } = run({ command, status: null });
    console.log(
      `  ${name.padEnd(20)} ${seconds.toFixed(2).padStart(6)} s  ${count('bench.rows')} rows loaded`,
    );
  }
  console.log();
}

function count(table) {
  return spawnSync('psql', ['-XAtq', server.url, '-c', `select count(*) from ${table}`], {
    encoding: 'utf8',
  }).stdout.trim();
}

function sql(text) {
  const result = spawnSync('psql', [
    '-Xq',
    server.url,
    '-v',
    'ON_ERROR_STOP=1',
    ...text.split(';').flatMap((part) => ['-c', part]),
  ]);
  if (result.status !== 0) throw new Error(String(result.stderr));
}

/** Writes the file; returns the lines of its faults. */
function write(name, dirty) {
  const file = openSync(join(server.home, name), 'w');
  const lines = [];
  let text = 'id,account,amount,at,note,flag,doc,parent_id\n';
  for (let n = 1; n <= rows; n++) {
    const fields = [
      n,
      `account-${n % 5000}`,
      ((n % 10_000) / 100).toFixed(2),
      `2026-0${1 + (n % 9)}-1${n % 10} 12:00:00+00`,
      `"note ${n}, with ""quotes"" and text to fill the line"`,
      n % 2 === 0 ? 't' : 'f',
      `"{""k"": ${n % 100}}"`,
      1 + (n % 10),
    ];
    if (dirty && n % 100 === 50) {
      plant(FAULTS[Math.floor(n / 100) % FAULTS.length], fields, n);
      lines.push(n + 1);
    }
    text += `${fields.join(',')}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(file, text);
    text = '';
  }
  writeSync(file, text);
  closeSync(file);
  return lines;
}

function plant(fault, fields, n) {
  if (fault === 'type') fields[2] = 'x1.5';
  if (fault === 'not null') fields[1] = '';
  if (fault === 'check') fields[2] = '-5';
  if (fault === 'unique') fields[0] = n - 1;
  if (fault === 'foreign key') fields[7] = 77;
  if (fault === 'ragged') fields.push('extra');
}

function measure(subjects, before) {
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  const memory = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      before();
      const { seconds, megabytes } = run(subject);
      times[name].push(seconds);
      memory[name] = Math.max(memory[name] ?? 0, megabytes);
    }
  }
  return Object.entries(subjects).map(([name, { limit, memory: most }]) => ({
    name,
    limit,
    most,
    seconds: median(times[name]),
    megabytes: memory[name],
  }));
}

function run({ command, status = 0 }) {
  const start = performance.now();
  const result = spawnSync('/usr/bin/time', ['-f', '%M', ...command], {
    cwd: server.home,
    env: server.env,
    encoding: 'utf8',
  });
  if (status !== null && result.status !== status)
    throw new Error(`${command.join(' ')} ended with ${result.status}:\n${result.stderr}`);
  const kilobytes = Number(result.stderr.trim().split('\n').at(-1));
  return { seconds: (performance.now() - start) / 1000, megabytes: kilobytes / 1024 };
}

function report(title, results) {
  console.log(title);
  const [peer] = results;
  for (const { name, limit, most, seconds, megabytes } of results) {
    const ratio = seconds / peer.seconds;
    const memory =
      limit === undefined
        ? ''
        : `  ${megabytes.toFixed(0)} MB${most === undefined ? '' : verdict(megabytes, most)}`;
    console.log(
      `  ${name.padEnd(20)} ${seconds.toFixed(2).padStart(6)} s ${ratio.toFixed(2).padStart(5)}x${limit === undefined ? '' : verdict(ratio, limit)}${memory}`,
    );
  }
}

function verdict(value, limit) {
  if (value <= limit) return `  <= ${limit}  ok`;
  process.exitCode = 1;
  return `  >  ${limit}  MISSED`;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
