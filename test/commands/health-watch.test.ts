import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/lib/core/database.js';
import { runCli } from '../support/cli.js';
import { createDatabase, serverTarget, type TestDatabase } from '../support/database.js';
import { eventually, hasTmux, openTerminal } from '../support/terminal.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await createDatabase();
});

afterAll(() => db.drop());

describe('health --watch without a terminal', () => {
  it('prints a line per look until it is stopped', async () => {
    const { status, stdout } = await runCli(['health', '--watch', '--every', '100ms'], {
      env: db.env,
      signalAfter: { signal: 'SIGTERM', ms: 3_000 },
    });
    expect(status).toBe(143);
    expect(stdout.trim().split('\n').length).toBeGreaterThan(1);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}(OK SO FAR|WARNING|CRITICAL) {2}/);
  });

  it('is not combined with a report', async () => {
    expect((await runCli(['health', '--watch', '--json'], { env: db.env })).status).toBe(2);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(!hasTmux)('health --watch on a terminal', () => {
  it('shows each tab, follows resizes, and gives the terminal back on q', async () => {
    const terminal = await openTerminal({ url: db.url });
    expect(await terminal.modes()).toBe('1 0');
    await terminal.type('2');
    await eventually(terminal.screen).toContain('[2 Locks');
    await terminal.type('9');
    await eventually(terminal.screen).toContain('conn.used');
    for (const [columns, rows] of [
      [60, 15],
      [40, 10],
      [120, 30],
      [80, 24],
      [100, 24],
    ] as const) {
      await terminal.resize(columns, rows);
      await eventually(async () => (await terminal.screen()).split('\n').length).toBe(rows);
      await eventually(async () => (await terminal.screen()).match(/ bk-db {2}/g)?.length).toBe(1);
      await eventually(async () => (await terminal.screen()).match(/ q quit/g)?.length).toBe(1);
    }
    await terminal.type('q');
    await eventually(terminal.screen).toContain('ended=0');
    expect(await terminal.modes()).toBe('0 1');
    expect(await terminal.isCooked()).toBe(true);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('gives the terminal back on %s', async (signal, status) => {
    const terminal = await openTerminal({ url: db.url });
    process.kill(await terminal.pid(), signal);
    await eventually(terminal.screen).toContain(`ended=${status}`);
    expect(await terminal.modes()).toBe('0 1');
    expect(await terminal.isCooked()).toBe(true);
  });

  it('ends when its terminal goes away', async () => {
    const terminal = await openTerminal({ url: db.url });
    const pid = await terminal.pid();
    await terminal.close();
    await eventually(() => isRunning(pid)).toBe(false);
  });

  it('steps aside for Ctrl-Z, and comes back with fg', async () => {
    const terminal = await openTerminal({ url: db.url });
    await terminal.type('C-z');
    await eventually(terminal.screen).toContain('Stopped');
    expect(await terminal.modes()).toBe('0 1');
    expect(await terminal.isCooked()).toBe(true);
    await terminal.type('fg', 'Enter');
    await eventually(terminal.modes).toBe('1 0');
    await eventually(terminal.screen).toContain('q quit');
    await terminal.type('q');
    await eventually(terminal.modes).toBe('0 1');
  });

  it('keeps the last frame while the database refuses it, and connects again', async () => {
    const terminal = await openTerminal({ url: db.url });
    const server = await openDatabase(await serverTarget(), { pool: { max: 1 } });
    const allow = (allowed: boolean) =>
      server.sql.unsafe(`alter database "${db.name}" with allow_connections ${allowed}`);
    onTestFinished(async () => {
      await allow(true);
      await server.close();
    });
    await allow(false);
    await server.sql`select pg_terminate_backend(pid) from pg_stat_activity
                      where datname = ${db.name} and application_name like '% health'`;
    await eventually(terminal.screen).toContain('NOT LIVE');
    expect(await terminal.screen()).toContain('[1 Activity');
    await allow(true);
    await eventually(terminal.screen).not.toContain('NOT LIVE');
    await terminal.type('q');
  });

  it('gives the terminal back at once although the server hangs', async () => {
    const terminal = await openTerminal({ url: db.url });
    const [session] = await db.sql<{ pid: number }[]>`
      select pid from pg_stat_activity where datname = ${db.name} and application_name like '% health'`;
    const pid = session?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually(terminal.screen).toContain(' old');
      await terminal.type('q');
      // Sooner than any time limit of a connection.
      await expect.poll(terminal.modes, { timeout: 3_000 }).toBe('0 1');
      expect(await terminal.isCooked()).toBe(true);
      await eventually(terminal.screen).toContain('ended=0');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('ends a session after y, and not another', async () => {
    const victim = await openDatabase({ ...db.target, applicationName: 'victim' }, { pool: { max: 1 } });
    onTestFinished(() => victim.close());
    const ended = victim.sql
      .begin(async (sql) => sql`select pg_sleep(60)`)
      .catch((error: unknown) => String(error));
    const terminal = await openTerminal({ url: db.url });
    await terminal.type('/');
    await terminal.type('victim', 'Enter');
    await eventually(terminal.screen).toMatch(/>\d+ .*victim/);
    await terminal.type('c');
    await eventually(terminal.screen).toContain('cancel pid');
    await terminal.type('y');
    expect(await ended).toContain('canceling statement due to user request');
    await terminal.type('q');
  });
});
