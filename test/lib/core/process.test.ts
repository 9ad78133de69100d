import { open, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InterruptedError } from '../../../src/lib/core/errors.js';
import { createOpenTool, createRunTool, type RunOptions, type Tool } from '../../../src/lib/core/process.js';

const runTool = createRunTool({
  PATH: process.env['PATH'],
  HOME: '/home/x',
  PGPASSWORD: 'CANARY',
  PGHOST: 'elsewhere',
});

const shell = (script: string): Tool => ({ command: 'sh', args: ['-c', script] });

async function failure(tool: Tool, options?: RunOptions): Promise<unknown> {
  return runTool(tool, options).then(
    () => new Error('it should have failed'),
    (error: unknown) => error,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('gives output and status', async () => {
  expect(await runTool(shell('echo out; echo err >&2'))).toEqual({
    stdout: 'out',
    stderr: 'err',
    exitCode: 0,
  });
});

test('a status that is an answer is no failure', async () => {
  expect(await runTool(shell('exit 3'), { accept: [0, 3] })).toMatchObject({ exitCode: 3 });
});

test('stdin is closed: a tool that asks gets nothing', async () => {
  expect((await runTool({ command: 'cat', args: [] })).stdout).toBe('');
});

test('children get a small fixed environment, and no PG* variable of ours', async () => {
  const { stdout } = await runTool({ command: 'env', args: [], env: { EXTRA: 'x' } });
  const names = stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names.sort()).toEqual(['EXTRA', 'HOME', 'LANGUAGE', 'LC_ALL', 'PATH', 'PGTZ', 'TZ']);
});

describe('failure', () => {
  test('names the tool, its status and the first line that says error', async () => {
    const script =
      'echo "pg_dump: last built-in OID is 16383" >&2; echo "pg_dump: error: no such table" >&2; echo more >&2; exit 1';
    expect(await failure(shell(script))).toMatchObject({
      code: 'TOOL_FAILED',
      exitStatus: 13,
      message: 'sh ended with status 1: pg_dump: error: no such table',
      details: { tool: 'sh', ending: 1, stderr: ['pg_dump: error: no such table', 'more'] },
    });
  });

  test('without a word', async () => {
    expect(await failure(shell('exit 9'))).toMatchObject({
      message: 'sh ended with status 9',
      details: { stderr: [] },
    });
  });

  test('by a signal', async () => {
    expect(await failure(shell('kill -SEGV $$'))).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'sh was ended by SIGSEGV',
    });
  });

  test('a missing tool', async () => {
    expect(await failure({ command: '/no/pg_dump', args: [] })).toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringContaining('/no/pg_dump') as string,
    });
  });
});

test('a tool that complains a lot is not stopped for it, and a long output comes whole', async () => {
  const script =
    'i=0; while [ $i -lt 40 ]; do head -c 100000 /dev/zero | tr "\\0" e >&2; echo >&2; i=$((i+1)); done; head -c 3000000 /dev/zero | tr "\\0" o';
  const { stdout, stderr, exitCode } = await runTool(shell(script));
  expect([stdout.length, exitCode]).toEqual([3_000_000, 0]);
  expect(stderr.length).toBeLessThanOrEqual(100_000);
});

test('a time limit', async () => {
  expect(await failure({ command: 'sleep', args: ['30'] }, { timeoutMs: 100 })).toMatchObject({
    code: 'TIMEOUT',
    message: 'sleep did not end within 100 ms',
  });
});

describe('abort', () => {
  test('before the start', async () => {
    const reason = new InterruptedError('SIGINT');
    expect(await failure(shell('exit 0'), { signal: AbortSignal.abort(reason) })).toBe(reason);
  });

  test('stops the tool and gives the reason', async () => {
    const stop = new AbortController();
    const reason = new InterruptedError('SIGTERM');
    setTimeout(() => stop.abort(reason), 100);
    expect(await failure({ command: 'sleep', args: ['30'] }, { signal: stop.signal })).toBe(reason);
  });

  test('does not wait for a grandchild that keeps the pipes open', async () => {
    const stop = new AbortController();
    const reason = new InterruptedError('SIGTERM');
    setTimeout(() => stop.abort(reason), 200);
    const begun = Date.now();
    expect(await failure(shell('sleep 20 & wait'), { signal: stop.signal })).toBe(reason);
    expect(Date.now() - begun).toBeLessThan(15_000);
  });

  test('also a tool that does not want to stop', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bk-db-process-'));
    try {
      const pidFile = join(directory, 'pid');
      const stop = new AbortController();
      const tool = shell(`trap "" TERM; echo $$ > ${pidFile}; while :; do sleep 0.05; done`);
      const ended = failure(tool, { signal: stop.signal });
      await expect.poll(() => readFile(pidFile, 'utf8').catch(() => ''), { timeout: 5_000 }).toMatch(/\d\n/);
      stop.abort(new InterruptedError('SIGINT'));
      expect(await ended).toMatchObject({ code: 'INTERRUPTED' });
      expect(isAlive(Number(await readFile(pidFile, 'utf8')))).toBe(false);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

test('descriptors are handed down from 3 on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-process-'));
  const file = await open(join(directory, 'out'), 'w');
  try {
    await runTool(shell('echo through >&3'), { descriptors: [file.fd] });
    expect(await readFile(join(directory, 'out'), 'utf8')).toBe('through\n');
  } finally {
    await file.close();
    await rm(directory, { recursive: true });
  }
});

describe('a chain of tools', () => {
  const openTool = createOpenTool({ PATH: process.env['PATH'] });

  async function* pieces(...texts: string[]) {
    for (const text of texts) yield await Promise.resolve(Buffer.from(text));
  }

  async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
    const read: Buffer[] = [];
    for await (const piece of stream) read.push(piece);
    return Buffer.concat(read).toString();
  }

  test('hands each output on as the next input', async () => {
    const upper = openTool({ command: 'tr', args: ['a-z', 'A-Z'] }, { input: pieces('ab', 'cd') });
    expect(await textOf(openTool({ command: 'rev', args: [] }, { input: upper }))).toBe('DCBA');
    expect(await runTool({ command: 'cat', args: [] }, { input: pieces('in') })).toMatchObject({
      stdout: 'in',
    });
  });

  test.each([
    ['first', 'echo x; echo "error: first" >&2; exit 3', 'cat'],
    ['last', 'head -c 3000000 /dev/zero', 'head -c 10; echo "error: last" >&2; exit 3'],
  ])('fails with the words of the %s one when that fails', async (which, first, last) => {
    const chain = openTool(shell(last), { input: openTool(shell(first)) });
    await expect(textOf(chain)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: `sh ended with status 3: error: ${which}`,
    });
  });

  test('stops every tool when nobody reads on', async () => {
    const chain = openTool(shell('cat'), { input: openTool(shell('echo $$; exec yes')) });
    let pid = 0;
    for await (const piece of chain) {
      pid = Number.parseInt(piece.toString(), 10);
      break;
    }
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test('passes on what its source throws', async () => {
    const broken = async function* () {
      yield await Promise.resolve(Buffer.from('x'));
      throw new Error('no more');
    };
    await expect(textOf(openTool(shell('cat'), { input: broken() }))).rejects.toThrow('no more');
    await expect(runTool(shell('cat'), { input: broken() })).rejects.toThrow('no more');
  });
});
