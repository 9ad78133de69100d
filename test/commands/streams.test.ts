import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

let cwd: string;
let large: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'bk-db-streams-'));
  large = await mkdtemp(join(tmpdir(), 'bk-db-streams-'));
  // `config` shows it all: two and a half megabytes of JSON.
  await writeFile(
    join(large, 'bk-db.config.json'),
    JSON.stringify({ applicationName: 'x'.repeat(2_500_000), host: 'h' }),
  );
});

afterAll(async () => {
  await rm(cwd, { recursive: true });
  await rm(large, { recursive: true });
});

/** A shell's pipeline, with `bk-db` as a command in it. */
function pipeline(
  script: string,
  env: Record<string, string> = {},
  directory = cwd,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const shell = spawn('bash', ['-c', `bk-db() { "${process.execPath}" "${BIN}" "$@"; }\n${script}`], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, BK_DB_HOME: join(cwd, 'server'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  shell.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    shell.on('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

describe('a large document', () => {
  test('comes whole through a slow pipe', async () => {
    const { stdout } = await pipeline('bk-db config --json | (sleep 1; cat)', {}, large);
    expect(stdout.length).toBeGreaterThan(2_500_000);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, command: 'config' });
  });

  test('also when the command fails in the end, with its status', async () => {
    const { stdout } = await pipeline(
      'bk-db config --check 2>&1 | (sleep 1; cat); echo "status ${PIPESTATUS[0]}"',
      {
        DATABASE_URL: 'postgresql://u@127.0.0.1:1/d',
      },
      large,
    );
    expect(stdout.length).toBeGreaterThan(2_500_000);
    expect(stdout).toMatch(/nothing listens there[\s\S]*status 10\n$/);
  });
});

describe('a reader that goes away', () => {
  test.each(['config', 'config --json', '--help', 'help exit-codes', 'completion bash', 'schema config'])(
    'bk-db %s | head -c 1',
    async (command) => {
      const { stdout, stderr } = await pipeline(`bk-db ${command} | head -c 1; echo " \${PIPESTATUS[0]}"`);
      expect(stdout).toMatch(/^[\s\S] (0|141)\n$/);
      expect(stderr).toBe('');
    },
  );

  test('stdout closed from the start', async () => {
    const { stderr } = await pipeline('bk-db config >&-; true');
    expect(stderr).not.toMatch(/\n +at /);
  });

  test('stderr closed from the start', async () => {
    const { status } = await pipeline('bk-db nosuch 2>&-');
    expect(status).toBe(2);
  });

  test('a full disk behind stdout is an IO error, not a trace', async () => {
    const { status, stderr } = await pipeline('bk-db config --json > /dev/full');
    expect([status, /\n +at /.test(stderr)]).toEqual([22, false]);
  });
});

describe('stdin', () => {
  test.each([
    'config',
    'health',
    'init --drop',
    'migrate down',
    'server destroy',
    'backup prune',
    'restore latest',
  ])('bk-db %s with stdin closed, and with none, ends', async (command) => {
    for (const input of ['<&-', '</dev/null']) {
      const env = { DATABASE_URL: 'postgresql://u@127.0.0.1:1/d' };
      const { status, stderr } = await pipeline(
        `timeout 20 "${process.execPath}" "${BIN}" ${command} ${input}`,
        env,
      );
      expect(status).not.toBe(124);
      expect(stderr).not.toMatch(/\n +at /);
    }
  });
});

test('NODE_ENV=development changes nothing and loads no compiler', async () => {
  const env = { NODE_ENV: 'development', DEBUG: 'oclif:*' };
  const { status, stderr } = await runCli(['completion', 'bash'], { env });
  expect(status).toBe(0);
  expect(stderr).toMatch(/enableAutoTranspile is explicitly set to false/);
  expect(stderr).not.toMatch(/node_modules\/(typescript|ts-node|tsx)/);
  const [development, plain] = await Promise.all([
    runCli(['help', 'exit-codes'], { env: { NODE_ENV: 'development' } }),
    runCli(['help', 'exit-codes']),
  ]);
  expect(development.stdout).toBe(plain.stdout);
});

test('--json after -- is an argument', async () => {
  const { status, stdout, stderr } = await runCli(['help', '--', '--json']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^error: /);
});

test('no escape sequence in a pipe; FORCE_COLOR brings them', async () => {
  const [plain, forced] = await Promise.all([
    runCli(['config']),
    runCli(['config'], { env: { FORCE_COLOR: '1' } }),
  ]);
  expect([plain.stdout.includes('\u001b'), forced.stdout.includes('\u001b')]).toEqual([false, true]);
});
