import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InterruptedError } from '../../../src/lib/core/errors.js';
import { withLockFile } from '../../../src/lib/core/lock-file.js';
import { toBkDbError } from '../../../src/lib/core/to-error.js';
import { testRunTool } from '../../support/pg-run-tool.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bk-db-lock-'));
  path = join(directory, '.lock');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function lock<T>(work: () => Promise<T>, waitMs = 0, signal?: AbortSignal): Promise<T> {
  return withLockFile(testRunTool, path, { object: 'the backup store', waitMs, signal }, work);
}

test('a second holder is refused and told who holds it; afterwards it is free', async () => {
  await lock(async () => {
    const error: unknown = await lock(() => Promise.resolve()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LOCK_HELD', details: { path, pid: process.pid } });
    expect(toBkDbError(error).message).toMatch(
      /^the backup store is locked by another bk-db \(process \d+, since 20/,
    );
  });
  expect(await lock(() => Promise.resolve('mine'))).toBe('mine');
});

test('failing work frees it', async () => {
  await expect(lock(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(await lock(() => Promise.resolve('mine'))).toBe('mine');
});

test('what an earlier holder left in the file means nothing', async () => {
  await writeFile(
    path,
    '{"pid":1,"since":"2020-01-01T00:00:00Z"}\nlonger than ours, and then some more text\n',
  );
  await lock(async () => {
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
  });
});

test('another process holds it until kill -9', async () => {
  // flock is what bk-db takes its lock with; a bk-db of its own would need a bundle of this one function.
  const holder = spawn('flock', ['-n', path, 'sh', '-c', 'echo locked; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  await expect(lock(() => Promise.resolve())).rejects.toMatchObject({ code: 'LOCK_HELD' });
  process.kill(-(holder.pid ?? 0), 'SIGKILL');
  expect(await lock(() => Promise.resolve('mine'), 5_000)).toBe('mine');
});

test('waiting ends with a stop signal', async () => {
  const stop = new AbortController();
  await lock(async () => {
    setTimeout(() => stop.abort(new InterruptedError('SIGINT')), 100);
    const error = toBkDbError(
      await lock(() => Promise.resolve(), 30_000, stop.signal).catch((thrown: unknown) => thrown),
    );
    expect(error.code).toBe('INTERRUPTED');
  });
});

test('of many at once each gets its turn alone', async () => {
  let inside = 0;
  let most = 0;
  const turns = Array.from({ length: 8 }, () =>
    lock(async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    }, 30_000),
  );
  await Promise.all(turns);
  expect(most).toBe(1);
});

test('a directory that is not there is an IO error', async () => {
  path = join(directory, 'no/such/.lock');
  const error = toBkDbError(await lock(() => Promise.resolve()).catch((thrown: unknown) => thrown));
  expect(error.code).toBe('IO');
});

test('a holder may remove the file: who waited for it excludes who comes later', async () => {
  let waiting: Promise<void> | undefined;
  let latecomer: unknown;
  await lock(async () => {
    waiting = lock(async () => {
      latecomer = await lock(() => Promise.resolve()).catch((thrown: unknown) => thrown);
    }, 10_000);
    // Long enough for the waiting one to have opened the file that goes away.
    await sleep(200);
    await rm(path);
  });
  await waiting;
  expect(latecomer).toMatchObject({ code: 'LOCK_HELD' });
});
