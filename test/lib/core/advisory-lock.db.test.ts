import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeHolder, withAdvisoryLock, type LockHolder } from '../../../src/lib/core/advisory-lock.js';
import { withDatabase } from '../../../src/lib/core/database.js';
import { InterruptedError } from '../../../src/lib/core/errors.js';
import { toBkDbError } from '../../../src/lib/core/to-error.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

const KEYS = [1n, -1n, 0n, 2n ** 63n - 1n, -(2n ** 63n), 4_294_967_296n, -4_294_967_297n];

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(async () => {
  await database.drop();
});

const lock = (key: bigint, waitMs = 0) => ({ key, object: 'database shop', waitMs });

/** A promise and what settles it. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('a lock that is held', () => {
  test.each(KEYS)('with the key %s is refused, naming the holder, and free afterwards', async (key) => {
    const holder = { ...database.target, applicationName: 'bk-db migrate' };
    await withAdvisoryLock(holder, lock(key), async () => {
      const second = withAdvisoryLock(database.target, lock(key), () => Promise.resolve('in'));
      const error: unknown = await second.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'LOCK_HELD',
        exitStatus: 11,
        details: { holder: { applicationName: 'bk-db migrate lock', user: 'bk' } },
      });
      expect(toBkDbError(error).message).toMatch(
        /^database shop is locked by bk-db migrate lock \(pid \d+, bk, for \d+ s\)$/,
      );
    });
    expect(await withAdvisoryLock(database.target, lock(key), () => Promise.resolve('in'))).toBe('in');
  });

  test('is waited for, and who holds it is told once', async () => {
    const { opened, open } = gate();
    const first = withAdvisoryLock(database.target, lock(7n, 30_000), () => opened);
    const told: (LockHolder | undefined)[] = [];
    const order: string[] = [];
    void first.then(() => order.push('first'));
    // Until the first one has it, the second must not begin.
    await expect
      .poll(() =>
        withAdvisoryLock(database.target, lock(7n), () => Promise.resolve('free')).catch(() => 'held'),
      )
      .toBe('held');
    const second = withAdvisoryLock(
      database.target,
      { ...lock(7n, 30_000), onWait: (holder) => (told.push(holder), setTimeout(open, 300)) },
      () => Promise.resolve(order.push('second')),
    );
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    expect(told).toHaveLength(1);
    expect(told[0]?.pid).toBeGreaterThan(0);
  });

  test('is given up on after the wait', async () => {
    await withAdvisoryLock(database.target, lock(8n), async () => {
      await expect(
        withAdvisoryLock(database.target, lock(8n, 200), () => Promise.resolve()),
      ).rejects.toMatchObject({
        code: 'LOCK_HELD',
        message: expect.stringContaining('waited') as string,
      });
    });
  });

  test('is no longer waited for after a stop signal', async () => {
    const stop = new AbortController();
    await withAdvisoryLock(database.target, lock(9n), async () => {
      const waiting = withAdvisoryLock(
        database.target,
        {
          ...lock(9n, 30_000),
          signal: stop.signal,
          onWait: () => stop.abort(new InterruptedError('SIGINT')),
        },
        () => Promise.resolve(),
      );
      const error = toBkDbError(await waiting.catch((thrown: unknown) => thrown));
      expect(error.code).toBe('INTERRUPTED');
    });
  });
});

test('the work’s failure is passed on, and the lock is free', async () => {
  await expect(
    withAdvisoryLock(database.target, lock(10n), () => Promise.reject(new Error('mine'))),
  ).rejects.toThrow('mine');
  expect(await withAdvisoryLock(database.target, lock(10n), () => Promise.resolve(1))).toBe(1);
});

test('a lock dies with its client, even by kill -9', async () => {
  const url = new URL('../../../dist/library/index.js', import.meta.url).href;
  const target = { ...database.target, password: database.target.password?.reveal() };
  const script = `
    import { withAdvisoryLock, Secret } from ${JSON.stringify(url)};
    const target = ${JSON.stringify(target)};
    target.password = new Secret(target.password);
    await withAdvisoryLock(target, { key: 11n, object: 'x', waitMs: 0 }, async () => {
      console.log('locked');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await expect(withAdvisoryLock(database.target, lock(11n), () => Promise.resolve())).rejects.toMatchObject({
    code: 'LOCK_HELD',
  });
  child.kill('SIGKILL');
  expect(await withAdvisoryLock(database.target, lock(11n, 10_000), () => Promise.resolve('mine'))).toBe(
    'mine',
  );
});

test('CREATE INDEX CONCURRENTLY is not held up by the lock', async () => {
  await database.sql`create table big as select g as n from generate_series(1, 1000) g`;
  await withAdvisoryLock(database.target, lock(12n), async () => {
    await withDatabase(database.target, { pool: { statementTimeoutMs: 10_000 } }, async ({ sql }) => {
      await sql.unsafe('create index concurrently on big (n)');
    });
  });
  expect((await database.sql`select 1 from pg_indexes where tablename = 'big'`).count).toBe(1);
});

test('a role that may not see other sessions gets a message all the same', () => {
  const hidden = { pid: 7, applicationName: null, user: null, client: null, heldForMs: null };
  expect(describeHolder(hidden)).toBe('a session (pid 7, unknown role)');
  expect(describeHolder(undefined)).toBe('another session');
});
