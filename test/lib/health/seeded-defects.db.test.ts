import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withDatabase as withName, type ConnectionTarget } from '../../../src/lib/core/connection.js';
import { openDatabase, type Database } from '../../../src/lib/core/database.js';
import { checkHealth, type HealthReport, type ToolkitDeps } from '../../../src/lib/health/index.js';
import { migrate } from '../../../src/lib/migrate/index.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';
import { startNetworkServer, type NetworkServer } from '../../support/network-server.js';
import { testRunTool } from '../../support/pg-run-tool.js';
import { hasPooler, startPooler } from '../../support/pooler.js';
import { startStandby } from '../../support/standby.js';

/** Limits that make defects of what would take years or gigabytes. */
const THRESHOLDS = {
  'wrap.xid': { warning: 1, critical: 2_000_000_000 },
  'prepared.xacts': { warning: 0, critical: 3_600_000 },
  'repl.slots': { warning: 0, critical: 1e12 },
};

/** Each check with what it must name, when it may see it. */
const DEFECTS: Readonly<Record<string, readonly string[]>> = {
  'wrap.xid': [],
  'prepared.xacts': ['forgotten'],
  'repl.slots': ['nobody'],
  'idx.invalid': ['broken'],
  'seq.exhaustion': ['serial_id_seq', 'loose', 'narrow_id_seq', 'down'],
  'collation.version': ['sorted'],
  'bloat.table': ['hollow'],
  'table.nopk': ['keyless'],
  'idx.duplicate': ['two_ab', 'two_lower_again'],
  'idx.prefix': ['two_a'],
  'fk.unindexed': ['bare_p_fkey'],
  'migrate.pending': ['0003'],
  'migrate.drift': ['0001'],
  'backup.age': [],
  'backup.files': [],
};

/** What only looks like a defect. */
const DECOYS = [
  'wheel',
  'young',
  'packed',
  'outlived',
  'two_ab_desc',
  'two_c',
  'bare_q_fkey',
  'bare_s_t_fkey',
];

const SEED = `
  create table serial (id serial primary key);
  select setval('serial_id_seq', 2040109465);
  create table narrow (id smallint generated always as identity primary key);
  select setval('narrow_id_seq', 32000);
  create sequence loose;
  create table named (id int primary key default nextval('loose'));
  select setval('loose', 2040109465);
  create sequence down increment -1 minvalue -100;
  select setval('down', -95);
  create sequence wheel maxvalue 100 cycle;
  select setval('wheel', 99);
  create table young (id bigserial primary key);
  select setval('young_id_seq', 2040109465);

  create table parent (id int primary key, a int, b int, unique (a, b));
  create table two (id int primary key, a int, b text, c text);
  create index two_ab on two (a, b);
  create unique index two_ab_unique on two (a, b);
  create index two_ab_desc on two (a, b desc);
  create index two_c on two (c);
  create index two_c_posix on two (c collate "C");
  create index two_a on two (a);
  create index two_lower on two (lower(b));
  create index two_lower_again on two (lower(b));
  create table bare (id int primary key, p int references parent, q int references parent, s int, t int,
                     foreign key (s, t) references parent (a, b));
  create index bare_partial on bare (p) where p > 0;
  create index bare_not_null on bare (q) where q is not null;
  create index bare_reversed on bare (t, s);
  create table keyless (v int);

  create collation sorted (provider = icu, locale = 'de');
  create table words (w text collate sorted primary key);
  update pg_collation set collversion = '0' where collname = 'sorted';

  create unlogged table hollow (id int primary key, v text) with (autovacuum_enabled = off);
  insert into hollow select i, repeat('x', 900) from generate_series(1, 160000) i;
  delete from hollow where id % 10 <> 0;
  create unlogged table packed (id int primary key, v text) with (autovacuum_enabled = off);
  insert into packed select i, repeat('x', 900) from generate_series(1, 130000) i;
  create unlogged table outlived (id int primary key, v text) with (autovacuum_enabled = off, fillfactor = 10);
  insert into outlived select i, 'x' from generate_series(1, 130000) i;
  analyze outlived;
  update outlived set v = repeat('y', 900)`;

let server: NetworkServer;
let defective: Database;
let folder: TestMigrations;
let store: string;
let toolkit: ToolkitDeps;

beforeAll(async () => {
  server = await startNetworkServer({
    hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
    settings: () =>
      Promise.resolve({
        fsync: 'on',
        max_prepared_transactions: '5',
        max_wal_size: '2GB',
        wal_level: 'replica',
      }),
  });
  const admin = await openDatabase(server.admin, { pool: { max: 1 } });
  await admin.sql.unsafe('create database fresh template template0');
  await admin.sql.unsafe('create database edge template template0');
  await admin.sql.unsafe(`
    create role watcher login;
    grant pg_monitor to watcher;
    create role nobody login`);
  await admin.close();
});

afterAll(async () => {
  await server.dispose();
});

function reach(database: string, user: string): ConnectionTarget {
  return { ...withName(server.admin, database), host: '127.0.0.1', user, password: undefined };
}

const health = (target: ConnectionTarget, prepare = true) =>
  checkHealth({ target, toolkit, pool: { prepare } }, { diagnose: true, thresholds: THRESHOLDS });

function findingsOf({ findings }: HealthReport): Map<string, HealthReport['findings'][number]> {
  return new Map(findings.map((finding) => [finding.id, finding]));
}

/** Nothing that only looks like a defect is named by a finding. */
function expectNoDecoy({ findings }: HealthReport): void {
  const named = JSON.stringify(
    findings
      .filter(({ status }) => status === 'warning' || status === 'critical' || status === 'info')
      .map(({ summary, evidence }) => [summary, evidence.map((facts) => ({ ...facts, coveredBy: null }))]),
  );
  for (const decoy of DECOYS) expect(named, decoy).not.toMatch(new RegExp(`\\b${decoy}(_id_seq)?\\b`));
}

describe('a fresh, empty database', () => {
  it.each(['superuser', 'watcher'])('gives neither warnings nor anything worse, to %s', async (role) => {
    const target = reach('fresh', role === 'superuser' ? server.admin.user : role);
    const { findings, verdict } = await checkHealth({ target }, { diagnose: true });
    expect(findings.filter(({ status }) => ['warning', 'critical', 'unknown'].includes(status))).toEqual([]);
    expect(verdict.status).toBe('ok');
  });
});

describe('a database with one of every defect', () => {
  beforeAll(async () => {
    const target = withName(server.admin, 'edge');
    defective = await openDatabase(target, { pool: { max: 1 } });
    folder = await createMigrations();
    await folder.write({
      '0001_a.up.sql': 'create table a (id int primary key);',
      '0002_b.up.sql': 'create table b (id int primary key);',
    });
    await migrate({ target, signal: new AbortController().signal }, { migrationsDir: folder.dir });
    await folder.write({
      '0001_a.up.sql': 'create table a (id bigint primary key);',
      '0003_c.up.sql': 'create table c (id int primary key);',
    });
    store = await mkdtemp(join(tmpdir(), 'bk-db-store-'));
    await mkdir(join(store, 'edge', '20261122T031500Z-7f3a'), { recursive: true });
    toolkit = {
      migrations: { directory: folder.dir, configured: true },
      backups: { directory: store, configured: true },
      pgTools: { runTool: testRunTool, env: process.env, pgBin: undefined },
    };
    const { sql } = defective;
    await sql.unsafe(SEED);
    for (const table of ['hollow', 'packed', 'outlived']) await sql.unsafe(`vacuum ${table}`);
    await sql.unsafe('analyze hollow, packed');
    await sql.unsafe('create table dup (id int primary key, v int); insert into dup values (1, 1), (2, 1)');
    await expect(sql.unsafe('create unique index concurrently broken on dup (v)')).rejects.toThrow('unique');
    await sql.unsafe("select pg_create_physical_replication_slot('nobody', true)");
    await sql.unsafe(`begin; insert into keyless values (1); prepare transaction 'forgotten'`);
  });

  afterAll(async () => {
    await defective.sql.unsafe(`rollback prepared 'forgotten'`);
    await defective.sql.unsafe(`select pg_drop_replication_slot('nobody')`);
    await defective.close();
    await folder.remove();
    await rm(store, { recursive: true });
  });

  it('shows them all to the superuser, and none of the decoys', async () => {
    const report = await health(reach('edge', server.admin.user));
    const findings = findingsOf(report);
    for (const [id, names] of Object.entries(DEFECTS)) {
      const finding = findings.get(id);
      expect(['info', 'warning', 'critical'], id).toContain(finding?.status);
      for (const name of names) expect(JSON.stringify(finding), id).toContain(name);
    }
    expectNoDecoy(report);
  });

  it.each(['watcher', 'nobody'])('is never called well to the role %s, which sees less', async (role) => {
    const report = await health(reach('edge', role));
    const findings = findingsOf(report);
    for (const id of Object.keys(DEFECTS))
      expect(['ok', 'skipped'], id).not.toContain(findings.get(id)?.status);
    expectNoDecoy(report);
    const all = findingsOf(await health(reach('edge', server.admin.user)));
    expect(findings.get('conn.used')?.summary).toBe(all.get('conn.used')?.summary);
  });

  it('looks the same on a standby, but for what a standby cannot have', async () => {
    const standby = await startStandby(server);
    onTestFinished(standby.stop);
    const report = await health(withName(standby.target, 'edge'));
    expect(report.server.role).toBe('standby');
    expect(report.findings.filter(({ summary }) => summary.startsWith('could not be read'))).toEqual([]);
    const findings = findingsOf(report);
    for (const id of [
      'wrap.xid',
      'idx.invalid',
      'seq.exhaustion',
      'collation.version',
      'table.nopk',
      'idx.duplicate',
    ])
      expect(['info', 'warning', 'critical'], id).toContain(findings.get(id)?.status);
    expect(findings.get('repl.standby')?.status).toBe('ok');
    for (const id of ['idx.unused', 'bloat.table']) expect(findings.get(id)?.status).toBe('skipped');
    const replicas = findingsOf(await health(reach('edge', server.admin.user))).get('repl.lag');
    expect(replicas?.status).toBe('ok');
    expectNoDecoy(report);
  });

  it.skipIf(!hasPooler)('looks the same through PgBouncer', async () => {
    const pooler = await startPooler({ target: withName(server.admin, 'edge'), name: 'edge' });
    // The direct way is over TCP, where the disk may be another machine's.
    const statuses = ({ findings }: HealthReport) =>
      findings.filter(({ id }) => id !== 'disk.space').map(({ id, status }) => [id, status]);
    const pooled = statuses(await health(pooler.target, false));
    expect(pooled).toEqual(statuses(await health(reach('edge', server.admin.user))));
  });
});
