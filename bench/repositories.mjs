// The repositories beside raw postgres.js with the same SQL, drizzle and kysely: ratios of medians, taken in turns
// in one run on an embedded server of its own. Needs the build. Run: npm run bench:repositories [-- --rounds 60]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { BaseRepository, columns, connect, defineTable, VerificationRepository } from 'bk-db';
import { createQueryMetrics } from 'bk-db/metrics';
import { startEmbedded } from './embedded.mjs';
import { statistic, takeTurns } from './measure.mjs';

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 60;
const CONTENT = 'Sea level rose by 20 cm between 1901 and 2018. '.repeat(4);
const PAGE = 100;
const BULK_ROWS = 100_000;
const CLAIMS = 10_000;
const WORKERS = 12;
/** Calls in a row, as a program makes them: alone between four others, each would be measured with cold caches. */
const BLOCK = 20;

const peers = await importPeers();
const server = startEmbedded();
try {
  console.log(
    `node ${process.versions.node}, ${rounds} rounds, ${statistic}, load ${loadavg()[0].toFixed(1)} on ${cpus().length} CPUs\n`,
  );
  await prepareDatabase();
  await measureClaims();
  await measureSingleRows();
  await measureBulk();
  console.log(
    '\nprisma is not compared: its engine is downloaded at installation, which does not run offline.',
  );
} finally {
  server.destroy();
}

/** No triggers and no wait for the disk: they would hide what a client costs behind what the server does. */
async function prepareDatabase() {
  const { sql, target, close } = await open(1);
  await sql.unsafe(`alter database "${target.database}" set synchronous_commit = off`);
  // One plan for each statement on every connection, whenever it was first run.
  await sql.unsafe(`alter database "${target.database}" set plan_cache_mode = force_generic_plan`);
  await sql.unsafe(`create schema bench; ${unguardedTable('all')}`);
  await close();
}

function unguardedTable(including) {
  return `create table bench.requests (like verification.requests including ${including});
    alter table bench.requests alter deadline_at drop not null, alter content_sha256 drop not null`;
}

/** Twelve workers empty a queue: each request must be claimed by exactly one of them, and no call may fail. */
async function measureClaims() {
  const database = await open(WORKERS);
  try {
    const repository = new VerificationRepository(database.sql);
    for (let first = 0; first < CLAIMS; first += 1000)
      await repository.createRequests(
        Array.from({ length: 1000 }, (_, n) => ({
          ...newRow(`claim-${first + n}`),
          frameworks: ['empirical'],
        })),
      );
    const ids = [];
    const work = async (_, n) => {
      for (;;) {
        const claimed = await repository.claimRequests({
          worker: `worker-${n}`,
          limit: 20,
          leaseMs: 600_000,
        });
        if (claimed.length === 0) return;
        ids.push(...claimed.map(({ id }) => id));
      }
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: WORKERS }, work));
    const seconds = (performance.now() - start) / 1000;
    const exact = ids.length === CLAIMS && new Set(ids).size === CLAIMS;
    if (!exact) process.exitCode = 1;
    console.log(`claimRequests: ${WORKERS} workers, ${CLAIMS} pending, 20 a call`);
    console.log(
      `  ${(CLAIMS / seconds).toFixed(0)} requests/s, each once, no deadlock  ${exact ? 'ok' : 'WRONG'}\n`,
    );
  } finally {
    await database.close();
  }
}

async function measureSingleRows() {
  const database = await open(1);
  const { sql, target } = database;
  const plainTarget = { ...target, password: target.password?.reveal() };
  const raw = peers.openRaw(plainTarget);
  const drizzle = peers.openDrizzle(plainTarget);
  const kysely = peers.openKysely(plainTarget);
  const subjects = {
    'postgres.js': await rawSubject(raw),
    repository: repositorySubject(unguarded(sql)),
    'with metrics': repositorySubject(unguarded(sql, createQueryMetrics())),
    drizzle,
    kysely,
  };
  let serial = 0;
  const ids = {};
  for (const [name, { insert }] of Object.entries(subjects))
    ids[name] = (await insert(newRow(`own-${serial++}`))).id;
  const operations = {
    'insert one': ({ insert }) => insert(newRow(`single-${serial++}`)),
    'select by key': ({ select }, id) => select(id),
    'page of 100': ({ page }) => page(PAGE),
    'update one': ({ update }, id) => update(id, (serial++ % 5) + 1),
  };
  try {
    for (const [operation, run] of Object.entries(operations)) {
      const turns = Object.entries(subjects).map(([name, subject]) => [name, () => run(subject, ids[name])]);
      report(operation, await takeTurns(Object.fromEntries(turns), { rounds: rounds * 2, block: BLOCK }));
    }
  } finally {
    await Promise.all([raw.end(), drizzle.close(), kysely.close(), database.close()]);
  }
}

/** The repository of requests, on the table without triggers. */
function unguarded(sql, hooks) {
  const nullable = {
    deadlineAt: columns.timestamptz().nullable(),
    contentSha256: columns.bytea().nullable(),
  };
  const { table } = new VerificationRepository(sql);
  const requests = defineTable('bench.requests', { ...table.columns, ...nullable }, { order: table.order });
  return new BaseRepository(sql, requests, { hooks });
}

function repositorySubject(repository) {
  return {
    insert: (row) => repository.create(row),
    select: (id) => repository.get(id),
    page: (limit) => repository.list({ limit }),
    update: (id, priority) => repository.update(id, { priority }),
  };
}

/** postgres.js with the very statements of the repository, prepared like there. */
async function rawSubject(raw) {
  // On a connection of its own: its plans are made while the table is empty, and would stay.
  const database = await open(1);
  const statements = [];
  const recorder = {
    unsafe(text, values, options) {
      statements.push({ text, values, options });
      return database.sql.unsafe(text, values, options);
    },
  };
  const recorded = repositorySubject(unguarded(recorder));
  const row = newRow('recorded');
  const { id } = await recorded.insert(row);
  await recorded.select(id);
  await recorded.page(PAGE);
  await recorded.update(id, 2);
  await database.close();
  const [insert, select, page, update] = statements;
  const insertValues = ({ requestKey, clientId, content, domain, priority }) => [
    requestKey,
    clientId,
    content,
    domain,
    String(priority),
  ];
  const updateValues = (key, priority) => [String(priority), key];
  for (const [built, { values }] of [
    [insertValues(row), insert],
    [updateValues(id, 2), update],
  ])
    if (!isDeepStrictEqual(built, [...values])) throw new Error(`the repository binds ${values.join(', ')}`);
  const send = ({ text, options }, values) => raw.unsafe(text, values, options);
  return {
    insert: async (values) => (await send(insert, insertValues(values)))[0],
    select: async (key) => (await send(select, [key]))[0],
    page: () => send(page, page.values),
    update: async (key, priority) => (await send(update, updateValues(key, priority)))[0],
  };
}

/** A single row may cost 1.10 of raw postgres.js, everything must be faster than the peers; metrics may add 2 %. */
function report(operation, ms) {
  const base = ms['postgres.js'];
  console.log(operation);
  for (const [name, time] of Object.entries(ms)) {
    const times = `${(time * 1000).toFixed(0).padStart(6)} us ${(time / base).toFixed(2).padStart(6)}x`;
    console.log(`  ${name.padEnd(14)} ${times}${judge(name, operation, ms)}`);
  }
}

function judge(name, operation, ms) {
  const ratio = ms.repository / ms[name];
  if (name === 'postgres.js')
    return operation.startsWith('page') ? '' : `  repository ${ratio.toFixed(2)}x${verdict(ratio, 1.1)}`;
  if (name === 'repository') return '';
  if (name === 'with metrics' && operation.startsWith('page')) return '';
  if (name === 'with metrics') return `  ${(1 / ratio).toFixed(2)}x of without${verdict(1 / ratio, 1.02)}`;
  return `  repository ${ratio.toFixed(2)}x of it${verdict(ratio, 1)}`;
}

/** The domain's columns in a table without its guards beside a bare COPY, and the guarded table beside that. */
async function measureBulk() {
  const database = await open(1);
  const { sql, target } = database;
  const raw = peers.openRaw({ ...target, password: target.password?.reveal() });
  // A bare table: the server's part is as small as it gets.
  await sql.unsafe(`drop table bench.requests; ${unguardedTable('defaults')}`);
  const plain = unguarded(sql);
  const rows = Array.from({ length: BULK_ROWS }, (_, n) => newRow(`bulk-${n}`));
  const times = await takeTurns(
    {
      'bare COPY': () => bareCopy(raw, rows),
      bulkInsert: () => plain.bulkInsert(rows),
    },
    { rounds: 5, prepare: () => sql.unsafe('truncate bench.requests') },
  );
  const start = performance.now();
  await new VerificationRepository(sql).transaction(async (repository, transaction) => {
    await repository.bulkInsert(rows);
    await transaction`insert into verification.request_frameworks (request_id, framework)
      select id, 'empirical' from verification.requests where request_key like 'bulk-%'`;
  });
  const guardedMs = performance.now() - start;
  console.log(`bulkInsert of ${BULK_ROWS} rows`);
  const ratio = times.bulkInsert / times['bare COPY'];
  console.log(`  bare COPY      ${times['bare COPY'].toFixed(0).padStart(6)} ms`);
  console.log(
    `  bulkInsert     ${times.bulkInsert.toFixed(0).padStart(6)} ms ${ratio.toFixed(2).padStart(6)}x${verdict(ratio, 1.25)}`,
  );
  console.log(
    `  into verification.requests with its guards, indexes, audit and a framework for each: ${guardedMs.toFixed(0)} ms, ${(guardedMs / times.bulkInsert).toFixed(1)}x of that`,
  );
  await raw.end();
  await database.close();
}

/** The least that any client does: a line for each row, in chunks of 64 KiB, into one COPY. */
async function bareCopy(raw, rows) {
  await raw.begin(async (transaction) => {
    const copy = transaction`copy bench.requests (request_key, client_id, content, domain, priority) from stdin`;
    await pipeline(Readable.from(copyChunks(rows)), await copy.writable());
  });
}

function* copyChunks(rows) {
  let chunk = '';
  for (const { requestKey, clientId, content, domain, priority } of rows) {
    chunk += `${requestKey}\t${clientId}\t${content}\t${domain}\t${priority}\n`;
    if (chunk.length < 65_536) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function newRow(requestKey) {
  return { requestKey, clientId: 'bench', content: CONTENT, domain: 'empirical', priority: 3 };
}

async function open(max) {
  return connect({ url: server.url, cwd: server.home, env: { BK_DB_POOL_MAX: String(max) } });
}

function verdict(ratio, limit) {
  if (ratio <= limit) return `  <= ${limit}  ok`;
  process.exitCode = 1;
  return `  >  ${limit}  TOO SLOW`;
}

/** The peers, installed beside their lock file when they are not there yet. */
async function importPeers() {
  const directory = join(dirname(fileURLToPath(import.meta.url)), 'peers');
  if (!existsSync(join(directory, 'node_modules'))) {
    const args = [
      'ci',
      '--ignore-scripts',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const { status } = spawnSync('npm', args, { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`npm ${args.join(' ')} in ${directory} failed`);
  }
  return import('./peers/peers.mjs');
}
