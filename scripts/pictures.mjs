/**
 * Takes the pictures of docs/health.md from a real screen: a server of its own, six sessions that wait for each other,
 * some defects, and `health --watch` in tmux. Needs tmux and the build; run it with `node scripts/pictures.mjs`.
 */
import { execa } from 'execa';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ansiToSvg } from './ansi-svg.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin/run.js');
const PICTURES = join(ROOT, 'docs/pictures');
const SIZE = { columns: 120, rows: 36 };

const directory = await mkdtemp(join(tmpdir(), 'bk-db-pictures-'));
const env = { BK_DB_HOME: join(directory, 'home'), BK_DB_BACKUP_DIR: join(directory, 'backups') };
const bkDb = (...args) => execa(process.execPath, [BIN, ...args], { cwd: directory, env });
const sessions = [];
const socket = 'bk-db-pictures';
const tmux = async (...args) => (await execa('tmux', ['-L', socket, ...args], { env })).stdout;

try {
  // The account that root lends to the server has to pass through.
  await chmod(directory, 0o711);
  await mkdir(join(directory, '.git'));
  await mkdir(PICTURES, { recursive: true });
  await bkDb('init', '--seed-level', 'demo');
  await bkDb('backup');
  const url = (await bkDb('server', 'url')).stdout.trim();
  await makeDefects(url);
  await blockSessions(url);
  await takePictures();
} finally {
  await execa('tmux', ['-L', socket, 'kill-server'], { reject: false });
  for (const session of sessions) session.kill();
  await bkDb('server', 'destroy', '--yes').catch((error) => console.error(error.shortMessage));
  await rm(directory, { recursive: true, force: true });
}

/** A session of psql that does what is written to it, until it is killed. */
function openSession(url, name) {
  const session = execa('psql', [url, '--quiet'], {
    env: { PGAPPNAME: name },
    stdout: 'ignore',
    stderr: 'ignore',
    reject: false,
  });
  sessions.push(session);
  return session.stdin;
}

async function makeDefects(url) {
  const script = `
    create table acct (id int primary key, v int);
    insert into acct select i, 0 from generate_series(1, 50000) i;
    create index acct_v on acct (v);
    create index acct_v_again on acct (v);
    create table ticket (id serial primary key);
    select setval('ticket_id_seq', 2040109465);
    update acct set v = v + 1 where id < 20000;
    analyze;`;
  await execa('psql', [url, '--quiet', '--command', script]);
}

/** The chain of the design: A holds a row, B and D wait for it, C for B, an ALTER TABLE for all, a reader for that. */
async function blockSessions(url) {
  const statements = [
    ['A-root', 'begin; update acct set v = v + 1 where id = 1;'],
    ['B', 'update acct set v = v + 1 where id = 1;'],
    ['C', 'update acct set v = v + 2 where id = 1;'],
    ['D', 'update acct set v = v + 3 where id = 1;'],
    ['E-ddl', 'alter table acct add column note text;'],
    ['F', 'select * from acct;'],
  ];
  for (const [name, statement] of statements) {
    openSession(url, name).write(`${statement}\n`);
    await sleep(600);
  }
}

async function takePictures() {
  const { columns, rows } = SIZE;
  await tmux(
    '-f',
    '/dev/null',
    'new-session',
    '-d',
    '-s',
    'w',
    '-x',
    `${columns}`,
    '-y',
    `${rows}`,
    '-c',
    directory,
    'sh',
  );
  await tmux(
    'send-keys',
    '-t',
    'w',
    `LANG=C.UTF-8 ${process.execPath} ${BIN} health --watch --every 1s`,
    'Enter',
  );
  await sleep(15_000);
  await shoot('activity', '1');
  await shoot('locks', '2');
  await shoot('tables', '3');
  await shoot('indexes', '4');
  await shoot('backups', '7');
  await shoot('checks', '9');
  await tmux('resize-window', '-t', 'w', '-x', '80', '-y', '24');
  await shoot('small', '2', { columns: 80, rows: 24 });
  await tmux('send-keys', '-t', 'w', 'q');
}

async function shoot(name, key, size = SIZE) {
  await tmux('send-keys', '-t', 'w', key);
  await sleep(3_000);
  const screen = (await tmux('capture-pane', '-p', '-e', '-t', 'w')).replaceAll(directory, '/srv/shop');
  await writeFile(
    join(PICTURES, `health-${name}.svg`),
    ansiToSvg(screen, { ...size, title: `bk-db health --watch: ${name}` }),
  );
}
