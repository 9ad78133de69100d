import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../../src/lib/core/secret.js';
import type { ConnectionTarget } from '../../../src/lib/core/connection.js';
import { openDatabase, type TransactionSql } from '../../../src/lib/core/database.js';
import { checkHealth, type HealthOptions } from '../../../src/lib/health/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let db: TestDatabase;
const role = `health_${randomBytes(4).toString('hex')}`;
const password = randomBytes(12).toString('hex');

beforeAll(async () => {
  db = await createDatabase();
  await db.sql.unsafe(`create role ${role} login password '${password}'`);
});

afterAll(async () => {
  await db.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  await db.drop();
});

async function findingOf(id: string, options: HealthOptions = {}, target: ConnectionTarget = db.target) {
  const { findings } = await checkHealth({ target }, { ...options, only: [id] });
  const [finding] = findings;
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

function asRole(): ConnectionTarget {
  return { ...db.target, user: role, password: new Secret(password) };
}

/** Holds a transaction open in a session of its own until the test ends. */
async function holdTransaction(
  name: string,
  work: (sql: TransactionSql) => Promise<unknown>,
): Promise<number> {
  const database = await openDatabase({ ...db.target, applicationName: name }, { pool: { max: 1 } });
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let ended: Promise<unknown> = Promise.resolve();
  const pid = await new Promise<number>((resolve, reject) => {
    ended = database.sql
      .begin(async (sql) => {
        const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
        await work(sql);
        resolve(row?.pid ?? 0);
        await released;
      })
      .catch(reject);
  });
  onTestFinished(async () => {
    release();
    await ended;
    await database.close();
  });
  return pid;
}

/** Starts a statement that will wait for a lock, and comes back when it does. */
async function startWaiting(name: string, statement: string): Promise<number> {
  const database = await openDatabase({ ...db.target, applicationName: name }, { pool: { max: 1 } });
  const [row] = await database.sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const pid = row?.pid ?? 0;
  const done = database.sql.unsafe(statement).catch(() => undefined);
  onTestFinished(async () => {
    await db.sql`select pg_cancel_backend(${pid})`;
    await done;
    await database.close();
  });
  await expect
    .poll(async () => (await db.sql`select from pg_locks where pid = ${pid} and not granted`).length)
    .toBeGreaterThan(0);
  return pid;
}

describe('checkHealth on a fresh, empty database', () => {
  it('finds nothing wrong in it, and runs every usual check', async () => {
    const report = await checkHealth({ target: db.target });
    expect(report.findings.length).toBeGreaterThan(15);
    expect(report.findings.filter(({ status }) => status === 'unknown')).toEqual([]);
    const ofDatabase = ['idx.invalid', 'seq.exhaustion', 'vacuum.lag', 'collation.version', 'wrap.xid'];
    for (const id of ofDatabase)
      expect(report.findings).toContainEqual(expect.objectContaining({ id, status: 'ok' }));
    expect(report.server).toMatchObject({ database: db.name, role: 'primary', seesEverything: true });
  });

  it('leaves no connection behind', async () => {
    await checkHealth({ target: { ...db.target, applicationName: 'trace' } });
    const left = () => db.sql`select from pg_stat_activity where application_name = 'trace health'`;
    await expect.poll(async () => (await left()).length).toBe(0);
  });
});

describe('checkHealth on seeded defects', () => {
  it('sees a session idle in a transaction, by lowered limits', async () => {
    const pid = await holdTransaction('sleeper', (sql) => sql`select 1`);
    const finding = await findingOf('conn.idle_in_txn', {
      thresholds: { 'conn.idle_in_txn': { warning: 0, critical: 3_600_000 } },
    });
    expect(finding.status).toBe('warning');
    expect(finding.evidence).toContainEqual(expect.objectContaining({ pid, applicationName: 'sleeper' }));
  });

  it('shows a chain of waiters under its root, the queued ALTER TABLE above the reader', async () => {
    await db.sql.unsafe('create table acct (id int primary key, v int); insert into acct values (1, 1)');
    const a = await holdTransaction('A-root', (sql) => sql`update acct set v = v + 1 where id = 1`);
    const b = await startWaiting('B', 'update acct set v = v + 1 where id = 1');
    const e = await startWaiting('E-ddl', 'alter table acct add column c int');
    const f = await startWaiting('F', 'select * from acct');
    const thresholds = { 'lock.blocked': { warning: 0, critical: 3_600_000 } };
    const report = await checkHealth({ target: db.target }, { only: ['lock.blocked'], thresholds });
    // Other files of this run may have sessions that wait, on the same server: the tree has a root for each.
    expect(report.verdict.headline).toMatch(/^lock\.blocked: pid \d+ \(.*\) blocks \d+ sessions/);
    const root = report.lockTree.find(({ pid }) => pid === a);
    expect(root).toMatchObject({ applicationName: 'A-root' });
    expect(root?.blocked.map(({ pid, blocked }) => [pid, blocked.map((node) => node.pid)])).toEqual([
      [b, []],
      [e, [f]],
    ]);
    expect(root?.blocked[1]?.waitsFor).toMatchObject({
      mode: 'AccessExclusiveLock',
      relation: 'public.acct',
    });
  });

  it('finds an invalid index, and not a valid one', async () => {
    await db.sql.unsafe(
      `create table dup (v int); insert into dup values (1), (1); create index fine on dup (v)`,
    );
    await expect(db.sql.unsafe('create unique index concurrently broken on dup (v)')).rejects.toThrow(
      'unique',
    );
    const finding = await findingOf('idx.invalid');
    expect(finding).toMatchObject({
      status: 'warning',
      remedy: { sql: ['reindex index concurrently "public"."broken";'] },
    });
    await db.sql.unsafe('drop index concurrently broken');
    expect((await findingOf('idx.invalid')).status).toBe('ok');
  });

  it('finds sequences near their end, also where only a default names them, and leaves cycling ones alone', async () => {
    await db.sql.unsafe(`
      create schema seqs;
      create table seqs.owned (id serial);
      select setval('seqs.owned_id_seq', 2040109465);
      create table seqs.narrow (id smallint generated always as identity);
      select setval('seqs.narrow_id_seq', 32000);
      create sequence seqs.loose;
      create table seqs.named (id int default nextval('seqs.loose'));
      select setval('seqs.loose', 2040109465);
      create sequence seqs.down increment -1 minvalue -100;
      select setval('seqs.down', -95);
      create sequence seqs.wheel maxvalue 100 cycle;
      select setval('seqs.wheel', 99);
      create table seqs.young (id bigserial);
      select setval('seqs.young_id_seq', 2040109465)`);
    const finding = await findingOf('seq.exhaustion');
    expect(finding.status).toBe('critical');
    expect(finding.evidence.map(({ name }) => name).sort()).toEqual([
      'down',
      'loose',
      'narrow_id_seq',
      'owned_id_seq',
    ]);
    expect(finding.evidence).toContainEqual(
      expect.objectContaining({ name: 'loose', column: 'seqs.named.id', usedPercent: 95 }),
    );
    await db.sql.unsafe('drop schema seqs cascade');
    expect((await findingOf('seq.exhaustion')).status).toBe('ok');
  });

  it('finds a changed collation, with its indexes', async () => {
    await db.sql.unsafe(`
      create collation sorted (provider = icu, locale = 'de');
      create table words (w text collate sorted);
      create index words_w on words (w);
      update pg_collation set collversion = '0' where collname = 'sorted'`);
    const finding = await findingOf('collation.version');
    expect(finding.status).toBe('warning');
    expect(finding.remedy?.sql).toEqual([
      'reindex index concurrently public.words_w;',
      'alter collation "public"."sorted" refresh version;',
    ]);
    await db.sql.unsafe('alter collation sorted refresh version');
    expect((await findingOf('collation.version')).status).toBe('ok');
  });

  it('reads dead rows against the limits of the table itself', async () => {
    await db.sql.unsafe(`
      create table churn (v int) with (autovacuum_enabled = off);
      insert into churn select generate_series(1, 5000);
      delete from churn`);
    const seen = async () => {
      const { takeSnapshot } = await import('../../../src/lib/health/collect.js');
      const { vacuumLag } = (await takeSnapshot(db, ['vacuumLag'])).sections;
      return vacuumLag?.state === 'collected' ? vacuumLag.data : [];
    };
    await expect
      .poll(seen, { timeout: 10_000 })
      .toContainEqual(expect.objectContaining({ table: 'churn', deadRows: 5_000, disabled: true }));
  });
});

describe('checkHealth --diagnose', () => {
  it('tells redundant indexes and bare foreign keys from what only looks like them', async () => {
    await db.sql.unsafe(`
      create table parent (id int primary key, a int, b int, unique (a, b));
      create table two (a int, b text, c text);
      create index two_ab on two (a, b);
      create unique index two_ab_unique on two (a, b);
      create index two_ab_desc on two (a, b desc);
      create index two_c on two (c);
      create index two_c_posix on two (c collate "C");
      create index two_a on two (a);
      create index two_part on two (a, b) where a > 0;
      create index two_lower on two (lower(b));
      create index two_lower_again on two (lower(b));
      create table bare (x int, p int references parent, q int references parent, r int references parent,
                         s int, t int, foreign key (s, t) references parent (a, b));
      create index bare_partial on bare (p) where p > 0;
      create index bare_second on bare (x, p);
      create index bare_not_null on bare (q) where q is not null;
      create index bare_reversed on bare (t, s)`);
    const { findings } = await checkHealth({ target: db.target }, { diagnose: true });
    const indexesOf = (id: string) =>
      findings
        .filter((finding) => finding.id === id)
        .flatMap(({ evidence }) => evidence.map(({ index, constraint }) => index ?? constraint))
        .sort();
    expect(indexesOf('idx.duplicate')).toEqual(['public.two_ab', 'public.two_lower_again']);
    expect(indexesOf('idx.prefix')).toEqual(['public.two_a']);
    expect(indexesOf('fk.unindexed')).toEqual(['bare_p_fkey', 'bare_r_fkey']);
    expect(findings.filter(({ status }) => status === 'unknown')).toEqual([]);
  });
});

describe('checkHealth as a role without grants', () => {
  it('says unknown for what it may not see, counts connections right, and names the grant', async () => {
    await holdTransaction('secret', (sql) => sql`select 'canary'`);
    await db.sql.unsafe('create sequence unreadable');
    const report = await checkHealth({ target: asRole() });
    const statuses = Object.fromEntries(report.findings.map(({ id, status }) => [id, status]));
    expect(statuses).toMatchObject({
      'conn.idle_in_txn': 'unknown',
      'txn.longest': 'unknown',
      'query.longest': 'unknown',
      'seq.exhaustion': 'unknown',
      'role.privileges': 'info',
      'lock.blocked': 'ok',
    });
    expect(report.findings.filter(({ summary }) => summary.startsWith('could not be read'))).toEqual([]);
    expect(report.server.seesEverything).toBe(false);
    expect(report.verdict.status).not.toBe('ok');
    const privileges = report.findings.find(({ id }) => id === 'role.privileges');
    expect(privileges?.remedy?.sql).toEqual([`grant pg_monitor to "${role}";`]);
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  it('sees who blocks whom all the same', async () => {
    await db.sql.unsafe('create table held (v int)');
    const a = await holdTransaction('holder', (sql) => sql`lock table held`);
    const b = await startWaiting('waiter', 'select * from held');
    const { lockTree } = await checkHealth({ target: asRole() }, { only: ['lock.blocked'] });
    expect(lockTree).toMatchObject([{ pid: a, state: null, query: null, blocked: [{ pid: b }] }]);
  });
});

describe('checkHealth under pressure', () => {
  it('does not wait for a table held in ACCESS EXCLUSIVE', async () => {
    await db.sql.unsafe(
      `create table migrating (id serial primary key, v text default upper('x'), w int references migrating)`,
    );
    await holdTransaction('migration', (sql) => sql`lock table migrating in access exclusive mode`);
    const report = await checkHealth({ target: db.target }, { diagnose: true });
    expect(report.findings.filter(({ status }) => status === 'unknown')).toEqual([]);
  });

  it('says unknown for what a lock hides, and everything else', async () => {
    await db.sql.unsafe('create sequence altering');
    await holdTransaction('alter', (sql) => sql`alter sequence altering increment 2`);
    const { findings } = await checkHealth({ target: db.target }, { diagnose: true });
    expect(findings.find(({ id }) => id === 'seq.exhaustion')).toMatchObject({
      status: 'unknown',
      summary: expect.stringContaining('lock timeout') as string,
    });
    expect(findings.filter(({ status }) => status === 'unknown')).toHaveLength(1);
  });

  it('is not fooled by objects of a user that carry catalogue names', async () => {
    const target = { ...db.target, options: '-c search_path=evil,pg_catalog' };
    await db.sql.unsafe(`
      create schema evil;
      create view evil.pg_stat_activity as select 1 as pid where false;
      create function evil.age(xid) returns int language sql as 'select 2000000000'`);
    expect((await findingOf('wrap.xid', {}, target)).status).toBe('ok');
  });

  it('ends at once when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(checkHealth({ target: db.target, signal })).rejects.toThrow('stop');
  });
});
