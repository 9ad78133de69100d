import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/lib/core/database.js';
import { Watcher } from '../../../src/lib/health/index.js';
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

describe('Watcher', () => {
  it('looks again and again over one connection, with every usual check', async () => {
    const watcher = watch();
    const first = await watcher.look();
    const second = await watcher.look();
    expect(first.vitals.transactionsPerSecond).toBeNull();
    expect(second.vitals.transactionsPerSecond).toBeGreaterThanOrEqual(0);
    expect(second.report.findings.map(({ id }) => id)).toContain('seq.exhaustion');
    const ours = await db.sql`select from pg_stat_activity where application_name = 'watched health'`;
    expect(ours).toHaveLength(1);
  });

  it('connects again after its connection was ended', async () => {
    const watcher = watch();
    await watcher.look();
    await db.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'watched health'`;
    await watcher.look().catch(() => undefined);
    expect((await watcher.look()).report.findings.length).toBeGreaterThan(15);
  });

  it('ends the session that is meant, and none that got its pid later', async () => {
    const victim = await openDatabase({ ...db.target, applicationName: 'victim' }, { pool: { max: 1 } });
    onTestFinished(() => victim.close());
    const watcher = watch();
    const { sessions } = await watcher.look();
    const { pid, backendStart } = sessions.find(({ applicationName }) => applicationName === 'victim') ?? {};
    if (pid === undefined || backendStart == null) throw new Error('the victim is not listed');
    const alive = () => db.sql`select from pg_stat_activity where pid = ${pid}`;
    const later = new Date(backendStart.getTime() + 1_000);
    expect(await watcher.end({ pid, backendStart: later }, 'terminate')).toBe(false);
    expect(await alive()).toHaveLength(1);
    expect(await watcher.end({ pid, backendStart }, 'terminate')).toBe(true);
    await expect.poll(async () => (await alive()).length, { timeout: 10_000 }).toBe(0);
  });
});
