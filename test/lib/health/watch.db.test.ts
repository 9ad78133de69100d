import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../../src/lib/core/secret.js';
import { openDatabase } from '../../../src/lib/core/database.js';
import { Watcher, type SessionIdentity } from '../../../src/lib/health/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await createDatabase();
});

afterAll(() => db.drop());

function watch(): Watcher {
  const watcher = new Watcher({ target: { ...db.target, applicationName: 'watched' } });
  onTestFinished(() => watcher.close());
  return watcher;
}

async function identityOf(watcher: Watcher, name: string): Promise<SessionIdentity> {
  const { activity } = (await watcher.look()).snapshot.sections;
  const sessions = activity?.state === 'collected' ? activity.data : [];
  const { pid, backendStart } = sessions.find(({ applicationName }) => applicationName === name) ?? {};
  if (pid === undefined || backendStart == null) throw new Error(`${name} is not listed`);
  return { pid, backendStart };
}

describe('Watcher', () => {
  it('shows the fast checks at once and the slower ones as they come, over at most two connections', async () => {
    const watcher = watch();
    const first = await watcher.look();
    expect(first.vitals.transactionsPerSecond).toBeNull();
    expect(first.report.findings.map(({ id }) => id)).toContain('conn.used');
    expect(first.pendingChecks).toBeGreaterThan(0);
    let most = 0;
    const complete = async () => {
      const [row] = await db.sql<{ count: number }[]>`
        select count(*)::int as count from pg_stat_activity where application_name = 'watched health'`;
      most = Math.max(most, row?.count ?? 0);
      return (await watcher.look()).pendingChecks;
    };
    await expect.poll(complete, { timeout: 20_000 }).toBe(0);
    const { report, readAt, vitals } = await watcher.look();
    expect(vitals.transactionsPerSecond).toBeGreaterThanOrEqual(0);
    expect(report.findings.map(({ id }) => id)).toContain('seq.exhaustion');
    expect(Date.now() - (readAt.sequences ?? 0)).toBeLessThan(60_000);
    expect(most).toBeLessThanOrEqual(2);
  });

  it('reads what is looked at although no usual check needs it', async () => {
    const watcher = watch();
    await db.sql`create table looked_at (id int primary key)`;
    const names = async () => {
      const { indexes } = (await watcher.look(['indexes'])).snapshot.sections;
      return indexes?.state === 'collected' ? indexes.data.map(({ name }) => name) : [];
    };
    await expect.poll(names, { timeout: 20_000 }).toContain('looked_at_pkey');
  });

  it('lists the largest tables, and says why there are no statements', async () => {
    const watcher = watch();
    await db.sql`create table counted as select generate_series(1, 500) as id`;
    await db.sql`analyze counted`;
    const wanted = ['tables', 'statements'] as const;
    const found = async () => {
      const { tables } = (await watcher.look(wanted)).snapshot.sections;
      return tables?.state === 'collected' ? tables.data.find(({ table }) => table === 'counted') : undefined;
    };
    await expect.poll(found, { timeout: 20_000 }).toMatchObject({ schema: 'public', indexBytes: 0 });
    expect((await found())?.sizeBytes).toBeGreaterThan(8_192);
    const statements = async () => (await watcher.look(wanted)).snapshot.sections.statements;
    await expect.poll(statements, { timeout: 20_000 }).toMatchObject({
      state: 'absent',
      reason: expect.stringContaining('pg_stat_statements is not installed') as string,
    });
  });

  it('shows tables and indexes although one table is held', async () => {
    const watcher = watch();
    await db.sql`create table migrating (id int primary key)`;
    await db.sql.begin(async (sql) => {
      await sql`lock table migrating in access exclusive mode`;
      const states = async () => {
        const { tables, indexes, bloat } = (await watcher.look(['tables', 'indexes', 'bloat'])).snapshot
          .sections;
        return [tables?.state, indexes?.state, bloat?.state];
      };
      await expect.poll(states, { timeout: 20_000 }).toEqual(['collected', 'collected', 'collected']);
    });
  });

  it('goes on with one connection, and says what it cannot see then, until it gets the second', async () => {
    const role = `narrow_${randomBytes(4).toString('hex')}`;
    const password = randomBytes(12).toString('hex');
    await db.sql.unsafe(`create role ${role} login password '${password}' connection limit 1`);
    const target = { ...db.target, user: role, password: new Secret(password), applicationName: 'narrow' };
    const watcher = new Watcher({ target });
    onTestFinished(async () => {
      await watcher.close();
      await db.sql.unsafe(`drop role ${role}`);
    });
    const statusOf = async (id: string) =>
      (await watcher.look()).report.findings.find((finding) => finding.id === id);
    await expect
      .poll(() => statusOf('idx.invalid'), { timeout: 20_000 })
      .toMatchObject({
        status: 'unknown',
        summary: expect.stringContaining('too many connections for role') as string,
      });
    expect(await statusOf('conn.used')).toMatchObject({ status: 'ok' });
    await db.sql.unsafe(`alter role ${role} connection limit 2`);
    await expect.poll(() => statusOf('idx.invalid'), { timeout: 30_000 }).toMatchObject({ status: 'ok' });
  });

  it('connects again after its connection was ended', async () => {
    const watcher = watch();
    await watcher.look();
    await db.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'watched health'`;
    await watcher.look().catch(() => undefined);
    await expect
      .poll(async () => (await watcher.look()).report.findings.length, { timeout: 20_000 })
      .toBeGreaterThan(30);
  });

  it('ends the session that is meant, and none that got its pid later', async () => {
    const victim = await openDatabase({ ...db.target, applicationName: 'victim' }, { pool: { max: 1 } });
    onTestFinished(() => victim.close());
    const watcher = watch();
    const { pid, backendStart } = await identityOf(watcher, 'victim');
    const alive = () => db.sql`select from pg_stat_activity where pid = ${pid}`;
    const later = new Date(backendStart.getTime() + 1_000);
    expect(await watcher.end({ pid, backendStart: later }, 'terminate')).toBe('gone');
    expect(await alive()).toHaveLength(1);
    expect(await watcher.end({ pid, backendStart }, 'terminate')).toBe('done');
    expect(await alive()).toHaveLength(0);
    expect(await watcher.end({ pid, backendStart }, 'terminate')).toBe('gone');
  });

  it('tells whether a query was really cancelled', async () => {
    const client = await openDatabase({ ...db.target, applicationName: 'busy' }, { pool: { max: 1 } });
    onTestFinished(() => client.close());
    const watcher = watch();
    const busy = await identityOf(watcher, 'busy');
    expect(await watcher.end(busy, 'cancel')).toBe('idle');
    const ended = client.sql`select pg_sleep(60)`.catch((error: unknown) => String(error));
    await expect
      .poll(() => db.sql`select from pg_stat_activity where pid = ${busy.pid} and state = 'active'`)
      .toHaveLength(1);
    expect(await watcher.end(busy, 'cancel')).toBe('done');
    expect(await ended).toContain('canceling statement');
    // What catches the cancellation goes on.
    const stubborn = client.sql.unsafe(
      `do $$ begin loop begin perform pg_sleep(0.5); exception when query_canceled then null; end; end loop; end $$`,
    );
    stubborn.catch(() => undefined);
    await expect
      .poll(() => db.sql`select from pg_stat_activity where pid = ${busy.pid} and state = 'active'`)
      .toHaveLength(1);
    expect(await watcher.end(busy, 'cancel')).toBe('pending');
    expect(await watcher.end(busy, 'terminate')).toBe('done');
    await stubborn.catch(() => undefined);
  });
});
