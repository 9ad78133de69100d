import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NO_SSL, withDatabase as withName, type ConnectionTarget } from '../../../src/lib/core/connection.js';
import { openDatabase, quoteIdentifier, withDatabase } from '../../../src/lib/core/database.js';
import { InterruptedError } from '../../../src/lib/core/errors.js';
import { Secret } from '../../../src/lib/core/secret.js';
import { toBkDbError } from '../../../src/lib/core/to-error.js';
import { createDatabase, serverTarget, type TestDatabase } from '../../support/database.js';
import { freePort } from '../../support/network-server.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(async () => {
  await database.drop();
});

async function sessions(applicationName: string): Promise<{ state: string; query: string }[]> {
  return database.sql<{ state: string; query: string }[]>`
    select state, query from pg_stat_activity where application_name = ${applicationName}`;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await condition()) return;
    await sleep(25);
  }
  throw new Error('it did not come about within five seconds');
}

describe('openDatabase', () => {
  test('tells the server version and closes every connection', async () => {
    const target = { ...database.target, applicationName: 'closing' };
    const opened = await openDatabase(target, { pool: { max: 3 } });
    expect(opened.serverVersion).toBeGreaterThanOrEqual(120_000);
    await Promise.all([1, 2, 3].map(() => opened.sql`select pg_sleep(0.05)`));
    expect(await sessions('closing')).toHaveLength(3);
    await opened.close();
    await opened.close();
    await until(async () => (await sessions('closing')).length === 0);
  });

  test('a wrong password', async () => {
    const target = { ...database.target, password: new Secret('wrong CANARY') };
    const error: unknown = await openDatabase(target).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      exitStatus: 10,
      details: { sqlState: '28P01' },
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('CANARY');
  });

  test('no password where one is asked for', async () => {
    await expect(openDatabase({ ...database.target, password: undefined })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('the server asks for a password, and none is configured') as string,
    });
  });

  test('PGPASSWORD of the process does not step in for a missing password', async () => {
    process.env['PGPASSWORD'] = database.target.password?.reveal();
    try {
      await expect(openDatabase({ ...database.target, password: undefined })).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
      });
    } finally {
      delete process.env['PGPASSWORD'];
    }
  });

  test('no such database', async () => {
    await expect(openDatabase(withName(database.target, 'none'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(
        /^cannot connect to bk@.*\/none: database "none" does not exist$/,
      ) as string,
      hint: expect.stringContaining('bk-db init') as string,
    });
  });

  test('a database that refuses connections', async () => {
    const name = `${database.name}_closed`;
    await database.sql.unsafe(`create database ${quoteIdentifier(name)} allow_connections false`);
    try {
      await expect(openDatabase(withName(database.target, name))).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
      });
    } finally {
      await database.sql.unsafe(`drop database ${quoteIdentifier(name)}`);
    }
  });

  test('settings reach the session', async () => {
    const target = { ...database.target, applicationName: 'mine', options: '-c work_mem=7MB' };
    await withDatabase(target, { pool: { statementTimeoutMs: 1234 } }, async ({ sql }) => {
      const [row] =
        await sql`select current_setting('application_name') as name, current_setting('work_mem') as mem,
        current_setting('statement_timeout') as timeout`;
      expect(row).toEqual({ name: 'mine', mem: '7MB', timeout: '1234ms' });
    });
  });

  test('notices go to their listener', async () => {
    const heard: string[] = [];
    const onNotice = ({ severity, message }: { severity: string; message: string }) =>
      heard.push(`${severity} ${message}`);
    await withDatabase(database.target, { onNotice }, async ({ sql }) => {
      await sql.unsafe(`do $$ begin raise warning 'beware'; end $$`);
    });
    expect(heard).toEqual(['WARNING beware']);
  });

  test('behind a transaction pooler: without prepared statements', async () => {
    await withDatabase(database.target, { pool: { prepare: false } }, async ({ sql }) => {
      for (const n of [1, 2]) await sql`select ${n}::int as n`;
      expect(
        (await sql`select 1 from pg_prepared_statements where statement like '%::int as n%'`).count,
      ).toBe(0);
    });
  });
});

describe('a server that is not well', () => {
  const open: { server: Server; sockets: Set<Socket> }[] = [];

  afterEach(async () => {
    for (const { server, sockets } of open.splice(0)) {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** Listens and treats each connection as told. */
  async function listen(onConnection: (socket: Socket) => void): Promise<ConnectionTarget> {
    const port = await freePort();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      onConnection(socket);
    }).listen(port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    open.push({ server, sockets });
    return { ...database.target, host: '127.0.0.1', port, ssl: NO_SSL, connectTimeoutMs: 300 };
  }

  test.each(['disable', 'prefer', 'require'] as const)(
    'accepts and never answers: the connect timeout ends it, with sslmode %s',
    async (mode) => {
      const target = await listen(() => undefined);
      await expect(openDatabase({ ...target, ssl: { ...NO_SSL, mode } })).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('did not answer within 300 ms') as string,
      });
    },
  );

  test('answers the login and then falls silent', async () => {
    const askForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
    const target = await listen((socket) => socket.once('data', () => socket.write(askForPassword)));
    await expect(openDatabase(target)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  test('hangs up at once', async () => {
    const target = await listen((socket) => socket.destroy());
    await expect(openDatabase({ ...target, ssl: { ...NO_SSL, mode: 'prefer' } })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    });
  });

  test('is no PostgreSQL at all', async () => {
    const target = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(openDatabase(target)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  test('asks for an authentication that bk-db does not know', async () => {
    const askForGss = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 7]);
    const target = await listen((socket) => socket.once('data', () => socket.write(askForGss)));
    await expect(openDatabase(target)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('authentication that bk-db does not support') as string,
    });
  });

  test('speaks before encryption begins', async () => {
    const target = await listen((socket) => socket.once('data', () => socket.write('Sextra')));
    await expect(openDatabase({ ...target, ssl: { ...NO_SSL, mode: 'require' } })).rejects.toMatchObject({
      message: expect.stringContaining('unencrypted data') as string,
    });
  });

  test('is not there', async () => {
    const target = { ...database.target, host: '127.0.0.1', port: await freePort() };
    await expect(openDatabase(target)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: `cannot connect to bk@127.0.0.1:${target.port}/${database.name}: nothing listens there`,
    });
  });
});

describe('a stop signal', () => {
  test('cancels what runs on the server, and clean-up still works', async () => {
    const stop = new AbortController();
    const target = { ...database.target, applicationName: 'stopped' };
    const opened = await openDatabase(target, { signal: stop.signal });
    try {
      const slow = opened.sql`select pg_sleep(30)`;
      const ended = expect(slow).rejects.toMatchObject({ code: '57014' });
      await until(async () => (await sessions('stopped')).some(({ state }) => state === 'active'));
      stop.abort(new InterruptedError('SIGINT'));
      await ended;
      expect(await opened.sql`select 1 as one`).toEqual([{ one: 1 }]);
    } finally {
      await opened.close();
    }
  });

  test('leaves idle sessions alone', async () => {
    const stop = new AbortController();
    const opened = await openDatabase(database.target, { signal: stop.signal, pool: { max: 1 } });
    try {
      await opened.sql`select 1`;
      stop.abort(new InterruptedError('SIGTERM'));
      expect((await opened.sql`select pg_sleep(0.3), 1 as one`)[0]).toMatchObject({ one: 1 });
    } finally {
      await opened.close();
    }
  });

  test('ends the wait for a server that does not answer', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const stop = new AbortController();
    const target = { ...database.target, host: '127.0.0.1', port, ssl: NO_SSL, connectTimeoutMs: 30_000 };
    setTimeout(() => stop.abort(new InterruptedError('SIGINT')), 100);
    try {
      await expect(openDatabase(target, { signal: stop.signal })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
    } finally {
      server.close();
    }
  });
});

test('a server that dies under a query is a connection failure', async () => {
  const target = { ...(await serverTarget()), applicationName: 'killed' };
  await withDatabase(target, {}, async ({ sql }) => {
    const slow = sql`select pg_sleep(30)`;
    const ended = slow.catch((error: unknown) => toBkDbError(error));
    await until(async () => (await sessions('killed')).some(({ state }) => state === 'active'));
    await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'killed'`;
    expect(await ended).toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});
