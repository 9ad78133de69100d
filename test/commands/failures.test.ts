import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { createDatabase, databaseUrl, type TestDatabase } from '../support/database.js';

let cwd: string;
let database: TestDatabase;
let silent: Server;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'bk-db-failures-'));
  await writeFile(join(cwd, 'package.json'), '{}');
  await writeFile(join(cwd, 'broken.json'), '{"url": }');
  database = await createDatabase();
  // Accepts and never says a word, as a hung server or a wrong port does.
  silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
});

afterAll(async () => {
  silent.close();
  await database.drop();
  await rm(cwd, { recursive: true });
});

interface Failure {
  readonly args: readonly string[];
  readonly env?: () => Record<string, string>;
  readonly status: number;
  readonly code: string;
  readonly message: RegExp;
}

const dead = () => ({ DATABASE_URL: 'postgresql://u@127.0.0.1:1/d' });
const real = () => database.env as Record<string, string>;

const FAILURES: readonly (readonly [string, Failure])[] = [
  ['unknown command', { args: ['nosuch'], status: 2, code: 'USAGE', message: /no command "nosuch"/ }],
  [
    'unknown verb',
    { args: ['backup', 'lsit'], status: 2, code: 'USAGE', message: /no command "backup lsit"/ },
  ],
  [
    'unknown flag',
    { args: ['config', '--nosuch'], status: 2, code: 'USAGE', message: /nonexistent flag: --nosuch/ },
  ],
  [
    'unknown flag before the command',
    { args: ['--nosuch'], status: 2, code: 'USAGE', message: /no command is given/ },
  ],
  [
    'flag without its value',
    { args: ['config', '--url'], status: 2, code: 'USAGE', message: /--url expects a value/ },
  ],
  [
    'value of no choice',
    {
      args: ['config', '--log-format', 'xml'],
      status: 2,
      code: 'USAGE',
      message: /to be one of: text, json/,
    },
  ],
  [
    'flags that exclude each other',
    { args: ['config', '--quiet', '--verbose'], status: 2, code: 'USAGE', message: /--quiet/ },
  ],
  [
    'missing argument',
    { args: ['migrate', 'create'], status: 2, code: 'USAGE', message: /missing 1 required arg/ },
  ],
  [
    'argument too many',
    { args: ['init', 'x'], status: 2, code: 'USAGE', message: /`bk-db init` takes no argument "x"/ },
  ],
  ['help of nothing', { args: ['help', 'nosuch'], status: 2, code: 'USAGE', message: /no command "nosuch"/ }],
  ['schema of nothing', { args: ['schema', 'nosuch'], status: 15, code: 'NOT_FOUND', message: /no schema/ }],
  [
    'completion of no shell',
    { args: ['completion', 'tcsh'], status: 2, code: 'USAGE', message: /one of: bash, zsh, fish/ },
  ],
  [
    'bad URL',
    {
      args: ['config', '--url', 'mysql://h/d'],
      status: 2,
      code: 'CONFIG_INVALID',
      message: /url \(flag --url\) must start with postgresql/,
    },
  ],
  [
    'bad variable',
    {
      args: ['config'],
      env: () => ({ PGPORT: 'x' }),
      status: 2,
      code: 'CONFIG_INVALID',
      message: /port \(environment PGPORT\) must be a whole number/,
    },
  ],
  [
    'several bad variables',
    {
      args: ['config'],
      env: () => ({ PGPORT: 'x', PGSSLMODE: 'y' }),
      status: 2,
      code: 'CONFIG_INVALID',
      message: /2 settings are invalid/,
    },
  ],
  [
    'variable that libpq alone knows',
    {
      args: ['config'],
      env: () => ({ PGSERVICE: 'x' }),
      status: 2,
      code: 'CONFIG_INVALID',
      message: /service \(environment PGSERVICE\)/,
    },
  ],
  [
    'config file that is not there',
    {
      args: ['config', '--config', 'no.json'],
      status: 2,
      code: 'CONFIG_INVALID',
      message: /cannot read no\.json of --config/,
    },
  ],
  [
    'config file that is broken',
    {
      args: ['config', '--config', 'broken.json'],
      status: 2,
      code: 'CONFIG_INVALID',
      message: /broken\.json is not valid JSON/,
    },
  ],
  [
    'nothing configured',
    { args: ['backup'], status: 2, code: 'CONFIG_INVALID', message: /no database is configured/ },
  ],
  [
    'embedded server forbidden',
    {
      args: ['health'],
      env: () => ({ BK_DB_EMBEDDED: 'off' }),
      status: 2,
      code: 'CONFIG_INVALID',
      message: /BK_DB_EMBEDDED/,
    },
  ],
  [
    'dead server',
    {
      args: ['config', '--check'],
      env: dead,
      status: 10,
      code: 'CONNECTION_FAILED',
      message: /127\.0\.0\.1:1\/d: nothing listens there/,
    },
  ],
  [
    'backup of a dead server',
    { args: ['backup'], env: dead, status: 10, code: 'CONNECTION_FAILED', message: /nothing listens there/ },
  ],
  [
    'migrate of a dead server',
    { args: ['migrate'], env: dead, status: 10, code: 'CONNECTION_FAILED', message: /nothing listens there/ },
  ],
  [
    'unknown host',
    {
      args: ['config', '--check', '--url', 'postgresql://u@no-such.invalid/d'],
      status: 10,
      code: 'CONNECTION_FAILED',
      message: /host name/,
    },
  ],
  [
    'dead socket',
    {
      args: ['config', '--check', '--url', 'postgresql://u@/d?host=/nonexistent'],
      status: 10,
      code: 'CONNECTION_FAILED',
      message: /no socket \/nonexistent/,
    },
  ],
  [
    'server that never answers',
    {
      args: ['config', '--check'],
      env: () => ({
        DATABASE_URL: `postgresql://u@127.0.0.1:${(silent.address() as AddressInfo).port}/d`,
        PGCONNECT_TIMEOUT: '1',
      }),
      status: 10,
      code: 'CONNECTION_FAILED',
      message: /did not answer within 1000 ms/,
    },
  ],
  [
    'wrong password',
    {
      args: ['config', '--check'],
      env: () => ({ DATABASE_URL: `${database.url}&password=wrong` }),
      status: 10,
      code: 'CONNECTION_FAILED',
      message: /password authentication failed/,
    },
  ],
  [
    'no password',
    {
      args: ['config', '--check'],
      env: () => ({ DATABASE_URL: `${database.url}&passfile=%2Fnowhere` }),
      status: 10,
      code: 'CONNECTION_FAILED',
      message: /asks for a password, and none is configured/,
    },
  ],
  [
    'no such database',
    {
      args: ['config', '--check'],
      env: () => ({ DATABASE_URL: databaseUrl('none') }),
      status: 15,
      code: 'NOT_FOUND',
      message: /database "none" does not exist/,
    },
  ],
  [
    'no such backup',
    { args: ['backup', 'show', 'latest'], env: real, status: 15, code: 'NOT_FOUND', message: /backup/ },
  ],
];

describe('a failure has the same status, message and code in both forms', () => {
  test.each(FAILURES)('%s', async (_, { args, env, status, code, message }) => {
    const options = { cwd, env: env?.() ?? {} };
    const [human, json] = await Promise.all([runCli(args, options), runCli([...args, '--json'], options)]);
    expect([human.status, json.status]).toEqual([status, status]);
    expect(human.stderr).toMatch(message);
    expect(human.stderr).toMatch(/^error: /m);
    expect(human.stderr).not.toMatch(/\n +at |node:internal/);
    expect(json.json).toMatchObject({ ok: false, error: { code, exitStatus: status } });
    expect(Object.keys(json.json as object)).toEqual(['ok', 'command', 'error']);
    const { error } = json.json as { error: Record<string, unknown> };
    expect(Object.keys(error)).toEqual(['code', 'message', 'hint', 'exitStatus', 'details']);
    expect(error['message']).toMatch(message);
    expect(error['hint']).toMatch(/\.$/);
    expect(Buffer.byteLength(json.stdout)).toBeLessThanOrEqual(4096);
    // `config` shows the settings before it tries them.
    if (!args.includes('--check')) expect(human.stdout).toBe('');
  });
});
